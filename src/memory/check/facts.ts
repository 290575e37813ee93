import { readConflict } from "../../entry/conflict.js";
import { conflictIdAt } from "../../entry/conflict-id.js";
import { firstMarkerLine } from "../../entry/conflict-markers.js";
import { decodeText } from "../../entry/entry-file.js";
import { type Location, locate } from "../../entry/entry-path.js";
import type { Kind } from "../../entry/kinds.js";
import { MAX_FILE_BYTES, type ReadEntry, readEntry } from "../../entry/markdown.js";
import type { Scope } from "../../entry/scope.js";
import { type ReadDocument, readDocument } from "../../entry/scope-document.js";
import { findSecrets } from "../../entry/secrets.js";
import { readTagFile } from "../../entry/tag-file.js";
import type { Finding } from "../../reports/check-report.js";
import { type DocumentFacts, documentFacts } from "./document-facts.js";
import { fieldFindings } from "./fields.js";
import { linkLines } from "./link-lines.js";
import { manifestFindings } from "./manifest-findings.js";
import { pathFindings } from "./paths.js";
import { shingles } from "./shingles.js";

/** A finding with what tells whether the base had it too, where the message alone does not. */
export interface Judgement extends Finding {
  readonly key?: string;
}

/** A relation with the line of its target. */
interface Link {
  readonly target: string;
  readonly type: string;
  readonly line: number;
}

/** What has an id and leads elsewhere. */
export interface Linking {
  readonly scope: string;
  /** The scope's folder, empty for the root. */
  readonly folder: string;
  /** In lower case. */
  readonly id?: string;
  readonly idLine: number;
  readonly links: readonly Link[];
}

/** What the rules that look at several entries need to know of one. */
export interface EntryFacts extends Linking {
  readonly kind: Kind;
  readonly name: string;
  readonly archived: boolean;
  readonly shingles: Uint32Array;
}

/** One file of a store: what it is, and what is wrong with it alone. */
export interface FileFacts {
  readonly path: string;
  readonly blob: string;
  readonly located: Location;
  readonly entry?: EntryFacts;
  readonly document?: DocumentFacts;
  readonly findings: readonly Judgement[];
  /** Kept of files that a base has otherwise. */
  readonly bytes?: Uint8Array;
}

/** What an entry and a document have in common; undefined for a file that is neither, or cannot be read. */
export const linkingOf = ({ entry, document }: FileFacts): Linking | undefined => entry ?? document;

/** Why a file has no facts but this one. */
export function refusedFacts(path: string, root: Scope, reason: string, tooLarge: boolean): FileFacts {
  const located = locate(path, root);
  const rule = tooLarge ? "limit" : located.type === "other" ? "misplaced" : "unreadable";
  return { path, blob: "", located, findings: [{ path, line: 1, rule, message: reason }] };
}

/** Looks at one file by itself; `judge` false leaves its findings out and is much cheaper. `own` when the store is the personal one. */
export async function factsOf(
  path: string,
  blob: string,
  bytes: Uint8Array,
  root: Scope,
  judge: boolean,
  own: boolean,
): Promise<FileFacts> {
  const located = locate(path, root);
  if (bytes.length > MAX_FILE_BYTES) {
    const message = `${bytes.length} bytes; an entry may have ${MAX_FILE_BYTES}`;
    return { path, blob, located, findings: [{ path, line: 1, rule: "limit", message }] };
  }
  const read = readLocated(bytes, located);
  const findings = judge ? await judgements(path, bytes, located, read, root, own) : [];
  const facts = { path, blob, located, findings };
  if (read?.kind === "document") return { ...facts, document: documentFacts(read) };
  return read?.kind === "entry" && located.type === "entry" ? { ...facts, entry: entryFacts(read, located) } : facts;
}

function readLocated(bytes: Uint8Array, located: Location): ReadEntry | ReadDocument | undefined {
  if (located.type === "entry") return readEntry(bytes, located);
  return located.type === "scope-document" ? readDocument(bytes, located) : undefined;
}

function entryFacts(
  { entry, text, front }: Extract<ReadEntry, { kind: "entry" }>,
  { folder }: Extract<Location, { type: "entry" }>,
): EntryFacts {
  const { kind, scope, name, fields } = entry;
  const idLine = front.kind === "map" ? (front.map.lineOf("id") ?? 0) + 1 : 1;
  const relations = fields.relations ?? [];
  const lines = relations.length > 0 ? linkLines(text, front) : [];
  return {
    kind,
    scope,
    folder,
    name,
    archived: fields.status === "archived",
    ...(fields.id === undefined ? {} : { id: fields.id.toLowerCase() }),
    idLine,
    links: relations.map(({ target, type }, at) => ({ target, type, line: lines[at] ?? lines[0] ?? 1 })),
    shingles: fields.status === "archived" ? new Uint32Array() : shingles(entry.body),
  };
}

async function judgements(
  path: string,
  bytes: Uint8Array,
  located: Location,
  read: ReadEntry | ReadDocument | undefined,
  root: Scope,
  own: boolean,
): Promise<Judgement[]> {
  const decoded = decodeText(bytes);
  const found: Judgement[] = [];
  const add = (rule: string, line: number, message: string, key?: string): void => {
    found.push({ path, line, rule, message, ...(key === undefined ? {} : { key }) });
  };
  const conflict = located.type === "conflict-record" || (located.type === "ignored" && located.what === "conflict");
  if (located.type === "other") add("misplaced", 1, located.reason);
  // The difference in a conflict record shows the markers of what it is about.
  const marker = decoded.kind === "text" && !conflict ? firstMarkerLine(decoded.text) : undefined;
  if (marker !== undefined)
    add("markers", marker, "conflict markers are left in the text; decide what holds and remove them");
  const open = conflict ? openConflict(path, bytes) : undefined;
  if (open) found.push(open);
  if (located.type === "ignored" && located.what === "tags" && decoded.kind === "text" && marker === undefined) {
    const file = readTagFile(bytes);
    if (file.kind === "unreadable") add("unreadable", file.line ?? 1, file.reason);
    else for (const { line, message } of file.problems) add("tag", line ?? 1, message);
  }
  if (located.type === "ignored" && located.what === "manifest")
    for (const { line, message } of manifestFindings(bytes, own)) add("field", line, message);
  if (read?.kind === "unreadable" && marker === undefined) add("unreadable", read.line ?? 1, read.reason);
  if (read?.kind === "entry" || read?.kind === "document") {
    // What was read is the ours side, which has other lines from the first marker on.
    for (const one of fieldFindings(read))
      if (marker === undefined || one.line < marker) add(one.rule, one.line, one.message);
    // The personal store stands for global, and a store that others share may too.
    found.push(...pathFindings(path, read, root.level === "global"));
  }
  if (decoded.kind === "text")
    for (const { rule, line } of await findSecrets(decoded.text, []))
      add(
        "secret",
        line,
        `looks like a secret (rule ${rule}); take it out, and make it worthless where it is used`,
        // Which secret it is, without keeping it.
        `${rule} ${fingerprint(decoded.text.split("\n")[line - 1] ?? "")}`,
      );
  return found;
}

/** A record directly in `conflicts/` is open until it says otherwise; resolved ones lie a folder deeper. */
function openConflict(path: string, bytes: Uint8Array): Judgement | undefined {
  if (!/^conflicts\/[^/]+\.md$/.test(path)) return undefined;
  const read = readConflict(bytes, conflictIdAt(path) ?? path);
  if (read.kind === "unreadable") return { path, line: 1, rule: "unreadable", message: read.reason };
  const { record } = read;
  if (record.resolved) return undefined;
  const what = record.path || record.entry || "an entry";
  const fields = record.fields.length > 0 ? ` (${record.fields.join(", ")})` : "";
  const message = `an open conflict about ${what}${fields}; it waits for somebody to decide`;
  return { path, line: 1, rule: "conflict", message };
}

/** A number that differs for texts that differ, but for chance (FNV-1a). */
function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

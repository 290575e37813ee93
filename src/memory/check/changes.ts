import { formatAddress } from "../../entry/address.js";
import { type Described, diffEntries, type EntryDiff, renderDiff } from "../../entry/diff.js";
import { decodeText } from "../../entry/entry-file.js";
import { readEntry } from "../../entry/markdown.js";
import { readDocument } from "../../entry/scope-document.js";
import { findSecrets } from "../../entry/secrets.js";
import type { FileChange } from "../../reports/check-report.js";
import type { FileFacts } from "./facts.js";
import type { Pair } from "./pairs.js";

const EXCERPT_LINES = 24;
const EXCERPT_WIDTH = 200;
/** Said by the address, the path and the title. */
const PLACE = ["name", "scope"];
const SAID = [...PLACE, "kind", "id", "title"];

/** What an entry or a scope's document says. */
type Content = Described & { readonly title: string };

/** Stands for a text that is not shown. */
const LEFT_OUT = "(left out: it holds what looks like a secret)";

/** In words what became of one file, without any secret in it; `scope` is the default one of addresses. */
export async function changeOf(pair: Pair, scope: string): Promise<FileChange> {
  const change = tell(pair, scope);
  const secret = [pair.before, pair.now].some((file) => file?.findings.some(({ rule }) => rule === "secret"));
  if (!secret) return change;
  const shown = async (value: unknown): Promise<unknown> => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return text !== undefined && (await findSecrets(text, [])).length > 0 ? LEFT_OUT : value;
  };
  const fields = change.fields?.map(async (one) => ({
    field: one.field,
    ...("before" in one ? { before: await shown(one.before) } : {}),
    ...("after" in one ? { after: await shown(one.after) } : {}),
  }));
  return {
    ...change,
    ...(change.title === undefined ? {} : { title: String(await shown(change.title)) }),
    ...(fields === undefined ? {} : { fields: await Promise.all(fields) }),
    // A secret can have many lines, of which an excerpt may hold one.
    ...(change.excerpt === undefined ? {} : { excerpt: LEFT_OUT }),
  };
}

function tell({ before, now }: Pair, scope: string): FileChange {
  const file = (now ?? before)!;
  const [old, current] = [contentOf(before), contentOf(now)];
  // A side that cannot be read is compared as plain text.
  const readable = (before === undefined || old !== null) && (now === undefined || current !== null);
  const diff = readable ? diffEntries(old, current) : diffEntries(plain(before), plain(now));
  const hidden = before && now ? PLACE : SAID;
  const fields = readable ? diff.fields.filter(({ field }) => !hidden.includes(field)) : [];
  const count = (type: "added" | "removed"): number =>
    diff.body.reduce((sum, part) => sum + (part.type === type ? part.lines.length : 0), 0);
  const excerpt = excerptOf(diff, before !== undefined && now !== undefined);
  const title = (current ?? old)?.title;
  return {
    change: changeWord(before, now, old, current),
    kind: kindOf(file),
    path: file.path,
    ...(before && now && before.path !== now.path ? { from: before.path } : {}),
    ...(file.located.type === "entry" ? { address: formatAddress(file.located, scope) } : {}),
    ...(title === undefined ? {} : { title }),
    ...(fields.length === 0 ? {} : { fields }),
    added: count("added"),
    removed: count("removed"),
    ...(excerpt === "" ? {} : { excerpt }),
  };
}

function changeWord(
  before: FileFacts | undefined,
  now: FileFacts | undefined,
  old: Content | null,
  current: Content | null,
): FileChange["change"] {
  if (!before) return "added";
  if (!now) return "deleted";
  if (before.path !== now.path) return "moved";
  const [was, is] = [old?.fields.status === "archived", current?.fields.status === "archived"];
  return was === is || !old || !current ? "changed" : is ? "archived" : "restored";
}

function kindOf({ located }: FileFacts): string {
  if (located.type === "entry") return located.kind;
  if (located.type === "scope-document") return "scope";
  if (located.type === "conflict-record") return "conflict";
  return located.type === "ignored" && ["manifest", "tags", "conflict"].includes(located.what) ? located.what : "other";
}

function contentOf(file: FileFacts | undefined): Content | null {
  if (!file?.bytes) return null;
  const { located, bytes } = file;
  if (located.type === "scope-document") {
    const read = readDocument(bytes, located);
    return read.kind === "document" ? read.document : null;
  }
  const read = located.type === "entry" ? readEntry(bytes, located) : undefined;
  return read?.kind === "entry" ? read.entry : null;
}

/** A file as if all of it were a body. */
function plain(file: FileFacts | undefined): Described | null {
  const decoded = file?.bytes && decodeText(file.bytes);
  if (decoded?.kind !== "text") return null;
  const body = decoded.text.replace(/\r?\n$/, "");
  return { scope: "", name: "", fields: {}, unknown: {}, body };
}

function excerptOf({ body }: EntryDiff, placed: boolean): string {
  // Where all of it came or went, the place of the first line says nothing.
  const lines = renderDiff({ fields: [], body })
    .split("\n")
    .slice(placed || body.length === 0 ? 0 : 1);
  const shown = lines
    .slice(0, EXCERPT_LINES)
    .map((line) => (line.length > EXCERPT_WIDTH ? `${line.slice(0, EXCERPT_WIDTH)}…` : line));
  const left = lines.length - shown.length;
  return [...shown, ...(left > 0 ? [`… ${left} more lines`] : [])].join("\n");
}

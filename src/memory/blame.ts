import { oursSide } from "../entry/conflict-markers.js";
import type { ScopeDocument } from "../entry/document.js";
import type { Entry } from "../entry/entry.js";
import { bodyStart } from "../entry/frontmatter.js";
import { MemoryError } from "../errors.js";
import type { Version } from "../store/weave.js";
import { documentScope, readDocument } from "./documents.js";
import type { Memory } from "./memory.js";
import { readAt } from "./parse-at.js";
import { resolve } from "./resolve.js";

/** Where the text of an entry, or of a scope's document, comes from; `origin` is a position in `origins`, absent for what is older than what is known. */
export interface EntryBlame {
  readonly entry: Entry | ScopeDocument;
  readonly origins: readonly Version[];
  readonly fields: readonly { readonly field: string; readonly origin?: number }[];
  /** The body, line by line. */
  readonly lines: readonly { readonly text: string; readonly origin?: number }[];
}

/** The line of a file, from 0, on which its body begins: blank lines before it are not the body's. */
function firstBodyLine(text: string): number {
  const before = text.slice(0, bodyStart(text)).split("\n").length - 1;
  const lines = text.split("\n").slice(before);
  const blank = lines.findIndex((line) => line.trim() !== "");
  return before + Math.max(blank, 0);
}

/** For every field and body line of an entry, as it is or as `asOf` had it, the version that it came from. */
export async function blameEntry(memory: Memory, ref: string, asOf: string | undefined): Promise<EntryBlame> {
  const view = await memory.view(asOf);
  const scope = documentScope(memory, ref);
  const key =
    scope === undefined ? await resolve(memory, ref, undefined, view) : await readDocument(memory, scope, view);
  const { path } = key;
  const store = await memory.store(key.store);
  await memory.historyKnown();
  const { versions, origins } = await store.past.blame(path, view.commit);
  const bytes = await view.bytes(key);
  const entry = bytes && readAt(store.manifest.root, path, bytes);
  if (!entry) throw new MemoryError("not_found", `${ref} went away meanwhile.`, { ref });
  const named = new Map<string, number>();
  const used: Version[] = [];
  const origin = (key: string | undefined): { origin?: number } => {
    const version =
      key === undefined ? undefined : (versions.find(({ commit }) => commit === key) ?? versions[Number(key)]);
    if (key === undefined || version === undefined) return {};
    const known = named.get(key) ?? used.push(version) - 1;
    named.set(key, known);
    return { origin: known };
  };
  const fields = [...origins.fields].map(([field, key]) => ({ field, ...origin(key) }));
  const first = firstBodyLine(oursSide(Buffer.from(bytes).toString("utf8")));
  const lines = entry.body === "" ? [] : entry.body.split("\n");
  return {
    entry,
    fields,
    lines: lines.map((text, at) => ({ text, ...origin(origins.lines.get(first + at)) })),
    origins: used,
  };
}

import { firstMarkerLine } from "../../entry/conflict-markers.js";
import { locate } from "../../entry/entry-path.js";
import { readBody } from "../../entry/markdown.js";
import { MemoryError } from "../../errors.js";
import type { Fixed } from "../../reports/check-report.js";
import type { BaseTree } from "../../store/base-tree.js";
import { slices } from "../../store/slices.js";
import type { Caller } from "../caller.js";
import type { Draft } from "../draft.js";
import type { Memory } from "../memory.js";
import { duplicateIds } from "./duplicates.js";
import { linkingOf } from "./facts.js";
import { type Mended, mendEntry } from "./mend-entry.js";
import { precedenceOf } from "./precedence.js";
import { findRedirects } from "./redirects.js";
import { surveyStore } from "./survey.js";

/** Entries that one write mends. */
const BATCH = 100;

/**
 * Mends what is mechanical in every entry, as writes like any other: they are in history and can be undone. Files that are unmerged or
 * hold conflict markers are left to a person. Gives what was done; a second run finds nothing to do.
 */
export async function mendStore(memory: Memory, base: BaseTree | undefined, caller: Caller): Promise<Fixed[]> {
  const store = await memory.fresh();
  const { root } = store.manifest;
  const survey = await surveyStore(memory, base, false);
  const precedence = await precedenceOf(memory, survey);
  const copies = new Map(
    duplicateIds(survey.now, precedence).map(({ copy, first }) => [
      copy.path,
      { first: first.path, id: linkingOf(copy)?.id ?? "" },
    ]),
  );
  const redirects = await findRedirects(survey, store.view, base);
  const mended = (path: string, bytes: Uint8Array): Mended | undefined => {
    const located = locate(path, root);
    const marked = firstMarkerLine(Buffer.from(bytes).toString("utf8")) !== undefined;
    if (located.type !== "entry" || survey.unmerged.has(path) || marked || readBody(bytes) === undefined)
      return undefined;
    const targets = redirects.get(path);
    return mendEntry(bytes, located, {
      newId: () => memory.newId(),
      copy: copies.get(path),
      redirect: (target) => targets?.get(target),
    });
  };
  const broken: string[] = [];
  const breathe = slices();
  for await (const file of store.view.files()) {
    await breathe();
    if (file.kind === "file" && mended(file.path, file.bytes)) broken.push(file.path);
  }
  const fixed: Fixed[] = [];
  for (let at = 0; at < broken.length; at += BATCH)
    fixed.push(...(await mendBatch(memory, store.name, broken.slice(at, at + BATCH), mended, caller)));
  return fixed;
}

async function mendBatch(
  memory: Memory,
  store: string,
  paths: readonly string[],
  mended: (path: string, bytes: Uint8Array) => Mended | undefined,
  caller: Caller,
): Promise<Fixed[]> {
  return memory.transact(store, async (draft) => {
    const fixed: Fixed[] = [];
    let files = 0;
    for (const path of paths) {
      const current = await readable(draft, path);
      const result = current && mended(path, current.bytes);
      if (!result) continue;
      files += 1;
      // Nothing of it is the caller's own text.
      draft.put({ path, after: result.bytes, op: "updated" }, false);
      fixed.push(...result.fixed.map((one) => ({ path, ...one })));
    }
    const subject = files === 1 ? `memory: mend ${paths[0]}` : `memory: mend ${files} entries`;
    const record = { op: files === 1 ? "updated" : "bulk", subject, reason: "check --fix", ...caller };
    return { record, answer: () => fixed };
  });
}

/** The entry as it is now; undefined when somebody broke or removed it meanwhile. */
async function readable(draft: Draft, path: string) {
  try {
    return await draft.read(path);
  } catch (error) {
    if (error instanceof MemoryError && error.code === "invalid_input") return undefined;
    throw error;
  }
}

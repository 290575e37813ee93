import { isPrivate, locate } from "../../entry/entry-path.js";
import type { Scope } from "../../entry/scope.js";
import type { BaseTree } from "../../store/base-tree.js";
import { slices } from "../../store/slices.js";
import type { Memory } from "../memory.js";
import { PERSONAL } from "../workspace.js";
import { type FileFacts, factsOf, refusedFacts } from "./facts.js";

/** Every file of a store with what there is to know of it, now and in the base. */
export interface Survey {
  readonly root: Scope;
  readonly now: readonly FileFacts[];
  /** By path; undefined without a base. */
  readonly before: ReadonlyMap<string, FileFacts> | undefined;
  readonly unmerged: ReadonlySet<string>;
  /** Paths that HEAD has, and the base has not, of what should be in no commit. */
  readonly committedPrivate: readonly string[];
}

/** Looks at every file, in slices. What the base has byte for byte at the same path is not judged again. */
export async function surveyStore(memory: Memory, base: BaseTree | undefined, judge = true): Promise<Survey> {
  const store = await memory.fresh();
  const { root } = store.manifest;
  const own = store.name === PERSONAL;
  const breathe = slices();
  const now: FileFacts[] = [];
  for await (const file of store.view.files()) {
    await breathe();
    if (file.kind === "refused") {
      now.push(refusedFacts(file.path, root, file.reason, file.tooLarge));
      continue;
    }
    const changed = base?.files.get(file.path)?.oid !== file.blob;
    const facts = await factsOf(file.path, file.blob, file.bytes, root, judge && changed, own);
    now.push(base && changed ? { ...facts, bytes: file.bytes } : facts);
  }
  const before = base && (await surveyBase(base, new Map(now.map((facts) => [facts.path, facts])), root, own, breathe));
  const committedPrivate = store.view.committedPrivate().filter((path) => !base?.files.has(path));
  return { root, now, before, unmerged: await store.view.unmerged(), committedPrivate };
}

async function surveyBase(
  base: BaseTree,
  now: ReadonlyMap<string, FileFacts>,
  root: Scope,
  own: boolean,
  breathe: () => Promise<void>,
): Promise<Map<string, FileFacts>> {
  const before = new Map<string, FileFacts>();
  for (const [path, { oid, mode }] of base.files) {
    await breathe();
    const located = locate(path, root);
    const hidden = located.type === "ignored" && located.what === "hidden";
    if (mode === "160000" || hidden || isPrivate(path)) continue;
    const same = now.get(path);
    if (mode === "120000") before.set(path, refusedFacts(path, root, "a symbolic link, which is not followed", false));
    else if (same?.blob === oid) before.set(path, same);
    else {
      const bytes = await base.read(oid);
      before.set(path, { ...(await factsOf(path, oid, bytes, root, true, own)), bytes });
    }
  }
  return before;
}

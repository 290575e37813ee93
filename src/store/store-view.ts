import path from "node:path";
import { isPrivate, locate } from "../entry/entry-path.js";
import { MAX_FILE_BYTES } from "../entry/markdown.js";
import { blobId } from "../git/objects.js";
import { type BaseTree, baseTree } from "./base-tree.js";
import { type StoreContext, storePath } from "./context.js";
import type { Observer } from "./observer.js";
import { walkFiles } from "./walk-files.js";
import { readWorkingFile } from "./working-files.js";

/** A file of the store as it is now, with git's id for its bytes, or why it is not read. */
export type StoreFile =
  | { readonly kind: "file"; readonly path: string; readonly bytes: Uint8Array; readonly blob: string }
  | { readonly kind: "refused"; readonly path: string; readonly reason: string; readonly tooLarge: boolean };

/** A whole store, to be judged: its files now, those of a base, and what git and the journal know besides. */
export interface StoreView {
  /** Every file as it is now, whatever it is. */
  files(): AsyncGenerator<StoreFile>;
  /** Why a file is not read, such as a link; undefined when it can be, or is not there. */
  refusal(file: string): string | undefined;
  /** The store where the branch left `ref`. Throws `invalid_input` and `not_found`. */
  base(ref: string): Promise<BaseTree>;
  /** The store in HEAD; undefined where there is none to read. */
  head(): Promise<BaseTree | undefined>;
  /** The store paths that git's index has as unmerged. */
  unmerged(): Promise<Set<string>>;
  /** The store paths in HEAD of what should be in no commit. */
  committedPrivate(): string[];
  /** What is checked out in the repository that the store is in: branch and commit, as far as there are any. */
  checkedOut(): Promise<{ readonly branch?: string; readonly commit?: string }>;
  /** Where entries went by writes of ours, store path to store path, oldest first. */
  moves(): Promise<(readonly [from: string, to: string])[]>;
}

/** The view of an open store. */
export const storeView = (context: StoreContext, observer: Observer): StoreView => ({
  files: () => storeFiles(context, observer),
  refusal: (file) => {
    const read = readWorkingFile(path.join(context.root, file));
    return read.kind === "refused" ? read.reason : undefined;
  },
  base: (ref) => baseTree(context, ref),
  head: async () => {
    const { host } = context;
    return host?.readable && (await host.head()).commit !== undefined ? baseTree(context, "HEAD") : undefined;
  },
  unmerged: () => unmergedPaths(context),
  committedPrivate: () => [...observer.head.paths()].filter(isPrivate),
  checkedOut: async () => {
    const { ref, commit } = (await context.host?.head()) ?? {};
    const branch = ref?.replace(/^refs\/heads\//, "");
    return { ...(branch === undefined ? {} : { branch }), ...(commit === undefined ? {} : { commit }) };
  },
  moves: () => journalMoves(context),
});

/** Every file of the store as it is now, pending and held writes included; nothing private, nothing hidden. */
async function* storeFiles(context: StoreContext, observer: Observer): AsyncGenerator<StoreFile> {
  const format = context.host?.objects.format ?? "sha1";
  const held = new Set(observer.state.held.map((one) => storePath(context, one.path)));
  const served = async (file: string): Promise<StoreFile | undefined> => {
    const current = await observer.current(file);
    return current && { kind: "file", path: file, bytes: current.bytes, blob: blobId(current.bytes, format) };
  };
  for (const { file, refused } of walkFiles(context.root, "")) {
    const located = locate(file, context.manifest.root);
    if (isPrivate(file) || (located.type === "ignored" && located.what === "hidden")) continue;
    if (refused !== undefined) {
      yield { kind: "refused", path: file, reason: refused, tooLarge: false };
      continue;
    }
    if (held.delete(file)) {
      const current = await served(file);
      if (current) yield current;
      continue;
    }
    const read = readWorkingFile(path.join(context.root, file));
    if (read.kind === "file") yield { kind: "file", path: file, bytes: read.bytes, blob: blobId(read.bytes, format) };
    if (read.kind === "refused") {
      const tooLarge = (read.mark?.size ?? 0) > MAX_FILE_BYTES;
      yield { kind: "refused", path: file, reason: read.reason, tooLarge };
    }
  }
  for (const file of held) {
    const current = await served(file);
    if (current) yield current;
  }
}

async function unmergedPaths(context: StoreContext): Promise<Set<string>> {
  const all = [...((await context.host?.unmerged()) ?? new Map<string, unknown>()).keys()];
  const { prefix } = context;
  return new Set(all.filter((file) => file.startsWith(prefix)).map((file) => storePath(context, file)));
}

async function journalMoves(context: StoreContext): Promise<(readonly [from: string, to: string])[]> {
  const { journal, log, prefix } = context;
  const commits = await log.commits(await journal.tip());
  return commits
    .flatMap(({ changes }) => changes)
    .filter(({ path: to, from }) => from?.startsWith(prefix) && to.startsWith(prefix))
    .map(({ path: to, from }) => [storePath(context, from!), storePath(context, to)] as const);
}

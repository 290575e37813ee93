import path from "node:path";
import { MANIFEST_FILE } from "../entry/manifest.js";
import type { Host } from "../git/host.js";
import { OWN_FILES } from "./commit-store.js";
import { repoPath, type StoreContext } from "./context.js";
import { readWorkingFile } from "./working-files.js";

/**
 * Commits what makes a folder a store where that is in no commit yet, as in a store that was made with the first entry:
 * without it nobody who gets the entries could open them. Gives why that has to wait, as a sentence part.
 */
export async function beginStore(context: StoreContext, host: Host): Promise<string | undefined> {
  const head = await host.head();
  if (context.mode !== "each" || (await host.blobAt(head.commit, repoPath(context, MANIFEST_FILE))) !== null)
    return undefined;
  const files = new Map<string, Uint8Array>();
  for (const file of OWN_FILES) {
    const read = readWorkingFile(path.join(context.root, file));
    const known = await host.blobAt(head.commit, repoPath(context, file));
    if (read.kind === "file" && known === null) files.set(repoPath(context, file), read.bytes);
  }
  const who = { ...(await context.user()), seconds: context.now() / 1000, offset: 0 };
  const outcome = await host.publish({
    repository: host.repository,
    base: head.commit,
    steps: [{ files, author: who, committer: who, message: "memory: begin this store" }],
    intentFile: context.local.intent,
  });
  if (outcome.kind === "busy") return outcome.reason;
  return outcome.kind === "moved" ? "the branch moved meanwhile" : undefined;
}

import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { formatAddress } from "../../entry/address.js";
import { locate } from "../../entry/entry-path.js";
import type { Repository } from "../../git/discover.js";
import type { Memory } from "../../memory/memory.js";
import { localFolder } from "../../store/local-state.js";
import type { Store } from "../../store/store.js";
import { type Finding, ok, problem, warning } from "./finding.js";

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** The first of `folder` and what is above it that is there, which is where a missing one would be made. */
async function existing(folder: string): Promise<string> {
  const there = await fs.stat(folder).catch(() => undefined);
  return there ? folder : existing(path.dirname(folder));
}

async function checkWritable(store: Store, repository: Repository | undefined): Promise<Finding> {
  for (const folder of [store.root, localFolder(store.root, repository)]) {
    const at = await existing(folder);
    const mine = await fs.access(at, constants.W_OK | constants.X_OK).then(
      async () => (await fs.stat(at)).isDirectory(),
      () => false,
    );
    if (mine) continue;
    const name = path.relative(repository?.top ?? store.root, folder) || ".";
    return problem(
      "writable",
      `${name} cannot be written, so nothing can be saved here.`,
      "give yourself the right to write there",
    );
  }
  return ok("writable", "memories can be written");
}

async function checkLock(store: Store): Promise<Finding> {
  const holder = await store.lockHolder();
  if (!holder?.dead) return ok("lock", holder ? `${holder.who} is writing just now` : "no write is in progress");
  const fix = "--fix completes what it began and frees the lock, as the next write would";
  return warning("lock", `The write lock is held by ${holder.who}, which is gone.`, fix, async () => {
    await store.exclusive(async () => undefined);
    return `freed the write lock of ${holder.who}`;
  });
}

/** What writers left behind, and what waits. */
export async function checkLeftovers(
  memory: Memory,
  store: Store,
  repository: Repository | undefined,
): Promise<Finding[]> {
  const findings = [await checkWritable(store, repository), await checkLock(store)];
  const { held, dropped, invalid, operation, unpublished } = await store.status();
  if (held.length > 0) {
    const what = operation ?? "operation";
    const message = `${plural(held.length, "write")} wait until git's ${what} ends.`;
    findings.push(warning("held", message, `finish the ${what}, or abort it`));
  }
  if (unpublished !== undefined)
    findings.push(
      warning("unpublished", `Writes are not on the branch yet: ${unpublished}.`, "--fix tries again", async () => {
        await store.settle();
        return "tried to publish what was waiting";
      }),
    );
  for (const { path: file, version } of dropped) {
    const located = locate(file, store.manifest.root);
    const address = located.type === "entry" ? formatAddress(located, memory.scope) : file;
    findings.push(
      warning("dropped", `${address} was thrown away before git had it.`, `[[history restore: ${address} ${version}]]`),
    );
  }
  if (invalid.length > 0)
    findings.push(
      warning("invalid", `${plural(invalid.length, "file")} of the store cannot be read.`, "[[check]] lists them"),
    );
  return findings;
}

/**
 * A process of its own that writes to a store: `writer-process <dir> <name> <count> <mode> [bulk|private]`. It prints the
 * title of each write once that is acknowledged; every fourth goes to a file that all writers share.
 */
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { MemoryError } from "../../src/errors.js";
import { findGit } from "../../src/git/git-binary.js";
import { bootId, type Owner, processStart } from "../../src/git/lock.js";
import { namedStore } from "../../src/store/find-store.js";
import { Store } from "../../src/store/store.js";
import { entryText, GIT_ENV } from "./repositories.js";

const [dir, name, count, mode, kind] = process.argv.slice(2) as [string, string, string, "each" | "journal", string?];
const isAlive = async (owner: Owner) => (await processStart(owner.pid)) === owner.started;
const owner = { host: "test", boot: await bootId(), pid: process.pid, started: await processStart(process.pid) };
const store = await Store.open(await namedStore(dir), {
  name: "project",
  git: await findGit("git", GIT_ENV),
  env: GIT_ENV,
  owner,
  isAlive,
  now: Date.now,
  watch: false,
  publishes: true,
  mode: () => mode,
  sink: () => undefined,
});
await store.start();

function files(at: number): string[] {
  if (kind === "private") return [`private/memories/${name}-${at % 10}.md`];
  if (kind) return ["a", "b", "c"].map((one) => `memories/bulk-${name}-${one}.md`);
  return [at % 4 === 3 ? "memories/shared.md" : `memories/${name}-${at % 10}.md`];
}

async function write(title: string, names: readonly string[]): Promise<void> {
  await store.exclusive(async (session) => {
    const writes = [];
    for (const file of names) {
      await session.read(file);
      writes.push({ path: file, after: Buffer.from(entryText(title)), op: "updated" });
    }
    await session.write(writes, { op: "updated", subject: `memory: ${title}`, reason: title });
  });
}

for (let at = 0; at < Number(count); at++) {
  const title = `${name}-${at}-${randomUUID()}`;
  for (;;) {
    try {
      await write(title, files(at));
      break;
    } catch (error) {
      // Patience with seven others: what is refused as locked was not written.
      if (!(error instanceof MemoryError && error.code === "locked")) throw error;
    }
  }
  fs.writeSync(1, `${title}\n`);
}
await store.settle();
await store.close();

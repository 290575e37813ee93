/**
 * A process of its own that moves an entry to another store: `move-process <dir> <home> <from> <path> <scope> [kill]`. With
 * `kill` it is gone without a trace as soon as the entry is in the other store, before it leaves the first.
 */
import path from "node:path";
import { findGit } from "../../src/git/git-binary.js";
import { bootId, type Owner, processStart } from "../../src/git/lock.js";
import { Memory } from "../../src/memory/memory.js";
import { moveEntries } from "../../src/memory/move-entries.js";
import { findingPersonal } from "../../src/store/find-again.js";
import { namedStore } from "../../src/store/find-store.js";
import { GIT_ENV } from "./repositories.js";

const [dir, home, from, file, scope, kill] = process.argv.slice(2) as [string, string, string, string, string, string?];
const personal = path.join(home, "personal");
const memory = new Memory({
  find: () => namedStore(dir),
  project: async () => undefined,
  personal: { find: findingPersonal(personal), make: undefined, home },
  flags: {},
  newId: () => {
    throw new Error("a moved entry keeps its id");
  },
  git: await findGit("git", GIT_ENV),
  env: GIT_ENV,
  writer: "test",
  owner: { host: "test", boot: await bootId(), pid: process.pid, started: await processStart(process.pid) },
  isAlive: async (owner: Owner) => (await processStart(owner.pid)) === owner.started,
  now: Date.now,
  watch: false,
  log: () => undefined,
  publishes: true,
});
await memory.fresh();
if (kill)
  memory.onChange((changes) => {
    if (changes.some(({ store, after }) => store !== from && after)) process.kill(process.pid, "SIGKILL");
  });
await moveEntries(memory, [{ key: { store: from, path: file }, to: { scope } }], { caller: { agent: "mover" } });
await memory.close();

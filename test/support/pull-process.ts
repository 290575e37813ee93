/**
 * A process of its own that pulls: `pull-process <dir> [at]`. It is gone without a trace just before the `at`-th time that it
 * puts something in place or takes it away; without `at` it prints how often that was.
 */
import fs from "node:fs";
import { findGit } from "../../src/git/git-binary.js";
import { bootId, processStart } from "../../src/git/lock.js";
import { namedStore } from "../../src/store/find-store.js";
import { Store } from "../../src/store/store.js";
import { GIT_ENV } from "./repositories.js";

const [dir = "", at] = process.argv.slice(2);
let count = 0;

/** The calls that change what is on disk under its own name; all of ours go through these. */
function watch<K extends "renameSync" | "linkSync" | "unlinkSync" | "rmSync" | "rmdirSync">(name: K): void {
  const real = fs[name] as (...args: unknown[]) => unknown;
  const counted = (...args: unknown[]): unknown => {
    if (++count === Number(at)) process.kill(process.pid, "SIGKILL");
    return real(...args);
  };
  Object.assign(fs, { [name]: counted });
}

const store = await Store.open(await namedStore(dir), {
  name: "project",
  git: await findGit("git", GIT_ENV),
  env: GIT_ENV,
  owner: { host: "test", boot: await bootId(), pid: process.pid, started: await processStart(process.pid) },
  isAlive: async () => false,
  now: Date.now,
  watch: false,
  publishes: true,
  sink: () => undefined,
});
await store.start();
for (const name of ["renameSync", "linkSync", "unlinkSync", "rmSync", "rmdirSync"] as const) watch(name);
await store.sync.pull();
fs.writeSync(1, `${count}\n`);
await store.close();

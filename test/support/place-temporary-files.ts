import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** A file system in memory, where the many small files that tests write and sync to disk cost nothing. */
const IN_MEMORY = "/dev/shm";

/** What has to be free there and of all memory (bytes); a container often has less, and its tests then use the disk. */
const ROOM = 2 ** 32;

/** How runs' folders begin. */
const PREFIX = "git-memory-tests-";

/** A run's folder in which nothing was made for so long belongs to one that was killed (milliseconds). */
const FORGOTTEN_MS = 3_600_000;

/** Makes a run's folder in `base`, and removes what runs there left behind that could not do so themselves. */
function makeFolder(base: string): string {
  for (const name of fs.readdirSync(base).filter((one) => one.startsWith(PREFIX))) {
    const { mtimeMs } = fs.statSync(path.join(base, name), { throwIfNoEntry: false }) ?? {};
    if (mtimeMs !== undefined && mtimeMs < Date.now() - FORGOTTEN_MS)
      fs.rmSync(path.join(base, name), { recursive: true, force: true });
  }
  const folder = fs.mkdtempSync(path.join(base, PREFIX));
  // As the system's own: some tests run programs as another user.
  fs.chmodSync(folder, 0o1777);
  return folder;
}

/** True when there is room in memory, and a place for it that is ours to write to. */
function hasRoom(): boolean {
  if (!fs.existsSync(IN_MEMORY)) return false;
  const { bavail, bsize } = fs.statfsSync(IN_MEMORY);
  const mode = fs.statSync(IN_MEMORY).mode & 0o7777;
  return mode === 0o1777 && Math.min(bavail * bsize, os.freemem()) > ROOM;
}

/** True when scripts run from a folder: some places allow none. */
function runsScripts(folder: string): boolean {
  const script = path.join(folder, "script");
  fs.writeFileSync(script, "#!/bin/sh\n", { mode: 0o755 });
  return spawnSync(script).status === 0;
}

/** Gives a run a temporary folder of its own, in memory where that can be, and takes it away afterwards. */
export default function placeTemporaryFiles(): () => void {
  let folder = makeFolder(hasRoom() ? IN_MEMORY : os.tmpdir());
  if (!runsScripts(folder)) {
    fs.rmSync(folder, { recursive: true });
    folder = makeFolder(os.tmpdir());
  }
  process.env.TMPDIR = folder;
  return () => fs.rmSync(folder, { recursive: true, force: true });
}

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** A file system in memory, where the many small files that tests write and sync to disk cost nothing. */
const IN_MEMORY = "/dev/shm";

/** What the tests may take of it at the most (bytes); a container often has less, and they then use the disk. */
const ROOM = 2 ** 32;

/** A folder for a run there; undefined where it is absent, small, not ours to write to or does not let scripts run. */
function inMemory(): string | undefined {
  if (!fs.existsSync(IN_MEMORY)) return undefined;
  const { bavail, bsize } = fs.statfsSync(IN_MEMORY);
  if (bavail * bsize < ROOM || os.freemem() < ROOM) return undefined;
  let folder: string;
  try {
    fs.accessSync(IN_MEMORY, fs.constants.W_OK | fs.constants.X_OK);
    folder = fs.mkdtempSync(path.join(IN_MEMORY, "git-memory-"));
  } catch {
    return undefined;
  }
  const script = path.join(folder, "script");
  fs.writeFileSync(script, "#!/bin/sh\n", { mode: 0o755 });
  if (spawnSync(script).status === 0) return folder;
  fs.rmSync(folder, { recursive: true });
  return undefined;
}

/** Gives a run a temporary folder of its own, in memory where that can be, and takes it away afterwards. */
export default function placeTemporaryFiles(): () => void {
  const folder = inMemory() ?? fs.mkdtempSync(path.join(os.tmpdir(), "git-memory-"));
  // As the system's own: some tests run programs as another user.
  fs.chmodSync(folder, 0o1777);
  process.env.TMPDIR = folder;
  return () => fs.rmSync(folder, { recursive: true, force: true });
}

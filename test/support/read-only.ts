import fs from "node:fs";
import path from "node:path";
import type { User } from "./client.js";

/** A user who may read everything, and write nothing that is root's. */
const NOBODY: User = { uid: 65_534, gid: 65_534 };

const each = (dir: string, mode: (old: number) => number): void => {
  for (const name of ["", ...fs.readdirSync(dir, { recursive: true, encoding: "utf8" })]) {
    const file = path.join(dir, name);
    if (!fs.lstatSync(file).isSymbolicLink()) fs.chmodSync(file, mode(fs.statSync(file).mode));
  }
};

/** Takes the right to write below a folder from the user that is given, for whom file permissions count; root's own they do not. */
export function makeReadOnly(dir: string): { readonly user: User; readonly undo: () => void } {
  const root = process.getuid?.() === 0;
  if (root) each(dir, (old) => (old | 0o555) & ~0o022);
  else each(dir, (old) => old & ~0o222);
  return { user: root ? NOBODY : {}, undo: () => (root ? undefined : each(dir, (old) => old | 0o200)) };
}

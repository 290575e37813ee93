import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const newest = (folder: string): number =>
  Math.max(
    ...fs.readdirSync(folder, { withFileTypes: true }).map((entry) => {
      const file = path.join(folder, entry.name);
      return entry.isDirectory() ? newest(file) : fs.statSync(file).mtimeMs;
    }),
  );

/** Builds the program once before the tests when its sources are newer than it. */
export default function build(): void {
  const built = fs.statSync("dist/git-memory.js", { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built > Math.max(newest("src"), fs.statSync("build.mjs").mtimeMs)) return;
  const { status } = spawnSync(process.execPath, ["build.mjs"], { stdio: "inherit" });
  if (status !== 0) throw new Error("the build failed");
}

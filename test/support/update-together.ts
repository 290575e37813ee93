import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { processProgram } from "./process-program.js";
import { faults, GIT_ENV, makeCheckedInStore, temporaryFolder } from "./repositories.js";
import { call, openWorkspace } from "./workspaces.js";

const PROCESSES = 8;

interface Done {
  readonly ref: string;
  readonly line: string;
  readonly merged: boolean;
  readonly conflict: string;
}

function update(dir: string, home: string, name: string, count: number, entries: number): Promise<Done[]> {
  const args = [processProgram("update-process"), dir, home, name, String(count), String(entries)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env: GIT_ENV });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  return new Promise((resolve, reject) =>
    child.on("close", (code) =>
      code === 0
        ? resolve(
            out
              .trim()
              .split("\n")
              .map((line) => JSON.parse(line) as Done),
          )
        : reject(new Error(err)),
    ),
  );
}

/**
 * Eight processes change the same few entries `each` times, on texts that they read a while ago: each change is a version,
 * and what it says is in the current text, or in a conflict on record.
 */
export async function updateTogether(each: number, entries: number): Promise<void> {
  const dir = makeCheckedInStore();
  const home = path.join(temporaryFolder(), "personal");
  const memory = await openWorkspace(dir, home);
  for (let at = 0; at < entries; at++)
    await call(memory, "save", { title: `E${at}`, name: `e${at}`, content: `Entry ${at}.\n\nThe end.` });
  const all = Array.from({ length: PROCESSES }, (_, at) => update(dir, home, `p${at}`, each, entries));
  const done = (await Promise.all(all)).flat();
  expect(done).toHaveLength(PROCESSES * each);

  const { conflicts } = await call<{ conflicts: { id: string }[] }>(memory, "conflict list", { limit: 5_000 });
  const ids = new Set(done.map(({ conflict }) => conflict).filter((id) => id !== ""));
  expect(new Set(conflicts.map(({ id }) => id))).toEqual(ids);
  const records = conflicts.map(({ id }) => fs.readFileSync(path.join(dir, `.memory/conflicts/${id}.md`), "utf8"));
  let versions = 0;
  for (let at = 0; at < entries; at++) {
    const ref = `memories/e${at}`;
    const found = await call<{ entries: { content: string; conflict?: string }[] }>(memory, "get", { refs: [ref] });
    const history = await call<{ versions: { reason?: string; change_type: string }[]; total: number }>(
      memory,
      "history list",
      { ref, limit: 500 },
    );
    const mine = done.filter((one) => one.ref === ref);
    expect(
      history.versions
        .map(({ reason }) => reason)
        .filter(Boolean)
        .sort(),
    ).toEqual(mine.map(({ line }) => line).sort());
    expect(history.versions.filter(({ change_type }) => change_type === "merged")).toHaveLength(
      mine.filter(({ merged }) => merged).length,
    );
    for (const { line } of mine) {
      const kept = found.entries[0]?.content.split("\n").includes(line) || records.some((text) => text.includes(line));
      // One session is not concurrent with itself: what it writes next without the line, on an older text, takes it back.
      const next = history.versions[history.versions.findIndex(({ reason }) => reason === line) - 1]?.reason;
      if (!kept && next?.split("-")[0] === line.split("-")[0]) continue;
      expect([line, kept]).toEqual([line, true]);
    }
    if (mine.some(({ conflict }) => conflict !== "")) expect(found.entries[0]).toHaveProperty("conflict");
    versions += history.total - 1;
  }
  expect(versions).toBe(done.length);
  expect(done.some(({ merged }) => merged)).toBe(true);
  expect(faults(dir)).toBe("");
  await memory.close();
  for (const folder of [dir, path.dirname(home)]) fs.rmSync(folder, { recursive: true, force: true });
}

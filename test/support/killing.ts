import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import type { CommitMode } from "../../src/store/context.js";
import {
  entryText,
  faults,
  git,
  leftovers,
  makeCheckedInStore,
  makeOwnStore,
  openStore,
  write,
} from "./repositories.js";
import { journalOf, reasons, startWriter, texts } from "./writers.js";

/**
 * Kills a writing process `rounds` times at random instants, and looks after each: every acknowledged write is on
 * record and in place, no half bulk, nothing for `git fsck` to say, and the next start needs no help.
 */
export async function killRepeatedly(mode: CommitMode, bulk: boolean, rounds: number): Promise<void> {
  const dir = mode === "each" ? makeOwnStore() : makeCheckedInStore();
  const root = mode === "each" ? dir : path.join(dir, ".memory");
  const acknowledged: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const writer = startWriter(dir, `k${round}`, 100_000, mode, bulk);
    await new Promise<void>((resolve, reject) => {
      writer.ended.catch(reject);
      writer.child.stdout?.once("data", () => setTimeout(resolve, Math.random() * 100));
    });
    writer.child.kill("SIGKILL");
    expect(await writer.ended).toBe("SIGKILL");
    acknowledged.push(...writer.acknowledged);
    await look(dir, root, mode, acknowledged, bulk ? `k${round}` : undefined);
  }
  fs.rmSync(dir, { recursive: true, force: true });
}

async function look(
  dir: string,
  root: string,
  mode: CommitMode,
  acknowledged: readonly string[],
  bulk: string | undefined,
): Promise<void> {
  expect(faults(dir)).toBe("");
  const store = await openStore(dir, { mode: () => mode, isAlive: async () => false });
  await store.settle();
  await write(store, "memories/after.md", entryText(`After ${acknowledged.length}`));
  const status = await store.status();
  expect(status).toMatchObject({ dropped: [], held: [], invalid: [] });
  if (mode === "each") expect([status.pending, status.unpublished]).toEqual([[], undefined]);
  await store.close();
  const recorded = reasons(journalOf(dir), "main");
  const missing = new Set(acknowledged);
  for (const title of recorded) missing.delete(title);
  expect([...missing]).toEqual([]);
  expect(new Set(recorded).size).toBe(recorded.length);
  if (mode === "each") {
    expect(reasons(dir, "HEAD")).toEqual(recorded);
    expect(git(dir, "status", "--porcelain")).toBe("");
  }
  const files = texts(path.join(root, "memories"));
  // What was written last is what is there, all of it.
  const titles = [...files].filter(([name]) => bulk && name.startsWith(`bulk-${bulk}-`)).map(([, text]) => text);
  if (bulk) expect([titles.length, new Set(titles).size]).toEqual([3, 1]);
  expect([...files.values()].join("")).toContain(recorded[0]);
  expect(faults(dir)).toBe("");
  expect(leftovers(root).filter((name) => name.startsWith("memories"))).toEqual([]);
  expect(
    leftovers(path.join(dir, ".git")).filter((name) => name.endsWith(".lock") || name.endsWith("publish.json")),
  ).toEqual([]);
}

import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { CommitMode } from "../../src/store/context.js";
import { processProgram } from "./process-program.js";
import { git } from "./repositories.js";

/** A writing process and what it has acknowledged so far. */
export interface WriterProcess {
  readonly child: ChildProcess;
  readonly acknowledged: string[];
  /** Its exit code, or the signal that ended it; throws what it said when it failed by itself. */
  readonly ended: Promise<number | string>;
}

/** Starts a writer; `bulk` makes each write one of three files, `private` one of a private file. */
export function startWriter(
  dir: string,
  name: string,
  count: number,
  mode: CommitMode,
  kind: boolean | "private" = false,
): WriterProcess {
  const args = [
    processProgram("writer-process"),
    dir,
    name,
    String(count),
    mode,
    ...(kind ? [kind === true ? "bulk" : kind] : []),
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const acknowledged: string[] = [];
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    const lines = out.split("\n");
    out = lines.pop()!;
    acknowledged.push(...lines);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on("close", (code, signal) => (code ? reject(new Error(err)) : resolve(signal ?? 0)));
  });
  return { child, acknowledged, ended };
}

/** The reasons on record in a repository's history: what the writers called their titles. */
export const reasons = (dir: string, ref: string): string[] =>
  git(dir, "log", "--format=%b", ref)
    .split("\n")
    .filter((line) => /^[a-z0-9]+-\d+-[0-9a-f-]{36}$/.test(line));

/** Where a repository's journal is. */
export const journalOf = (dir: string): string => path.join(dir, ".git/git-memory/journal.git");

/** The text of every entry in a folder. */
export const texts = (folder: string): Map<string, string> =>
  new Map(
    fs
      .readdirSync(folder)
      .filter((name) => name.endsWith(".md"))
      .map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")]),
  );

import type { Environment, GitBinary } from "../../git/git-binary.js";
import type { Memory } from "../../memory/memory.js";

/** What one look found. `fix` says what `--fix` would do, or what a person has to. */
export interface Check {
  readonly id: string;
  readonly status: "ok" | "warning" | "problem";
  readonly message: string;
  readonly fix?: string;
}

/** A check with what mends it; the function says what it did. Findings that share one function are mended together. */
export interface Finding extends Check {
  readonly mend?: () => Promise<string>;
}

/** What the process lends to the doctor. */
export interface Facts {
  /** The version of Node, such as `20.19.0`. */
  readonly node: string;
  /** This program's version. */
  readonly version: string;
  readonly git: GitBinary | undefined;
  readonly env: Environment;
  /** Where to look for the store and the configurations of hosts. */
  readonly directory: string;
  readonly openMemory: () => Promise<Memory>;
  /** Where Linux tells its limits; another folder in tests. */
  readonly limits: string;
}

export const ok = (id: string, message: string): Finding => ({ id, status: "ok", message });

export const warning = (id: string, message: string, fix?: string, mend?: () => Promise<string>): Finding => ({
  ...found(id, message, fix, mend),
  status: "warning",
});

export const problem = (id: string, message: string, fix?: string, mend?: () => Promise<string>): Finding => ({
  ...found(id, message, fix, mend),
  status: "problem",
});

const found = (id: string, message: string, fix?: string, mend?: () => Promise<string>) => ({
  id,
  message,
  ...(fix === undefined ? {} : { fix }),
  ...(mend === undefined ? {} : { mend }),
});

import { spawnSync } from "node:child_process";
import { PROGRAM, type User } from "./client.js";
import { GIT_ENV } from "./repositories.js";

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly user?: User;
}

/** Runs the built program as a person would in a shell. */
export function run(cwd: string, args: readonly string[], { env = {}, input = "", user = {} }: RunOptions = {}): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    cwd,
    encoding: "utf8",
    env: { ...GIT_ENV, ...env },
    input,
    ...user,
    maxBuffer: 2 ** 27,
    // What hangs is ended, and has no status.
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

/** The JSON that a command printed; throws with its words when it ended otherwise. */
export function runJson(cwd: string, ...args: string[]): Record<string, unknown> {
  const ran = run(cwd, [...args, "--json"]);
  try {
    return JSON.parse(ran.stdout) as Record<string, unknown>;
  } catch {
    throw new Error(`${args.join(" ")} ended with ${ran.status}: ${ran.stdout}${ran.stderr}`);
  }
}

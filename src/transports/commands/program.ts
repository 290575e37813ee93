import type { GitBinary } from "../../git/git-binary.js";
import type { Memory } from "../../memory/memory.js";
import type { Log } from "../mcp/call.js";

/** How a memory is opened for a command or a server. */
interface Opening {
  readonly root?: string | undefined;
  readonly watch: boolean;
  readonly responseFormat?: string | undefined;
  /** Whether calls are put on record: on or off. */
  readonly audit?: string | undefined;
  /** The folders that a client works in; asked only when no setting names the project. */
  readonly roots?: (() => Promise<readonly string[]>) | undefined;
}

/** What the process lends to the commands that own it: they never touch `process` themselves. */
export interface Program {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The person's home directory. */
  readonly home: string;
  /** How this program's commands are typed: `git memory` or `npx -y git-memory`. */
  readonly shell: string;
  readonly version: string;
  /** The version of Node, such as `20.19.0`. */
  readonly node: string;
  /** What the environment says the agent is. */
  readonly agent: string | undefined;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly log: Log;
  readonly findGit: () => Promise<GitBinary | undefined>;
  readonly openMemory: (opening: Opening) => Promise<Memory>;
  /** A new UUID v7 of this moment. */
  readonly newId: () => Promise<string>;
  /** Calls `listener` when nothing more comes from standard input. */
  readonly onInputEnd: (listener: () => void) => void;
  /** Calls `listener` once when there is nothing left to do, before the process ends; what it begins is waited for. */
  readonly onLast: (listener: () => void) => void;
  /** Runs `stop` once when the process is asked to end, and then ends it. */
  readonly onStop: (stop: () => Promise<void>) => void;
}

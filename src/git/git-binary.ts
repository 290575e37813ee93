import { spawn } from "node:child_process";

/** What a finished git process left. */
export interface GitResult {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface GitOptions {
  readonly cwd: string;
  readonly input?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  /** Settings that go before those of the repository, whatever their names contain. */
  readonly config?: readonly (readonly [key: string, value: string])[];
  /** Run the repository's hooks, signing and editor settings as the person's own `git commit` would. */
  readonly asPerson?: boolean;
  /** Talk to a remote with the person's own SSH command, proxies and password helpers; still without hooks. */
  readonly remote?: boolean;
  /** Milliseconds; 60,000 when absent. */
  readonly timeout?: number;
  /** Ends the process early. */
  readonly signal?: AbortSignal;
}

// A repository's own settings must not start programs when we only want plumbing.
const QUIET = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["commit.gpgSign", "false"],
  ["log.showSignature", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
].flatMap(([key, value]) => ["-c", `${key}=${value}`]);

export type Environment = Readonly<Record<string, string | undefined>>;

/** What says how a remote is reached. */
const REACHING = /^GIT_(?:SSH|ASKPASS|SSL_|PROXY_|HTTP_)/;
/** Those that run a program named in the address are not among them. */
const PROTOCOLS = "file:git:http:https:ssh";

function environment(inheritedEnv: Environment, options: GitOptions): Record<string, string | undefined> {
  // Inside a hook git sets GIT_DIR and GIT_INDEX_FILE: they are about another command.
  const inherited = Object.entries(inheritedEnv).filter(
    ([key]) => !/^GIT_(?!AUTHOR_|COMMITTER_|CONFIG_)/.test(key) || (options.remote && REACHING.test(key)),
  );
  const first = Number(inheritedEnv.GIT_CONFIG_COUNT ?? 0);
  const config = (options.config ?? []).flatMap(([key, value], at) => [
    [`GIT_CONFIG_KEY_${first + at}`, key],
    [`GIT_CONFIG_VALUE_${first + at}`, value],
  ]);
  return {
    ...Object.fromEntries(inherited),
    ...(config.length > 0
      ? { GIT_CONFIG_COUNT: String(first + config.length / 2), ...Object.fromEntries(config) }
      : {}),
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    ...(options.asPerson ? {} : { GIT_ALLOW_PROTOCOL: options.remote ? PROTOCOLS : "none", LC_ALL: "C" }),
    ...options.env,
  };
}

/** So many bytes of a stream are handed on in one turn of the event loop. */
const PIECE = 16_384;

/** The `git` program: the only place that starts a process. */
export class GitBinary {
  readonly #command: string;
  readonly #env: Environment;

  constructor(command: string, env: Environment) {
    this.#command = command;
    this.#env = env;
  }

  /** Runs git to its end; never throws for a non-zero status. */
  async run(args: readonly string[], options: GitOptions): Promise<GitResult> {
    const out: Buffer[] = [];
    const ended = await this.#spawn(args, options, (chunk) => out.push(chunk));
    return { ...ended, stdout: Buffer.concat(out) };
  }

  /**
   * Runs git and hands its output on piece by piece, each in a turn of the event loop of its own. Throws with git's own
   * last line when it fails; a run that `signal` ended does not.
   */
  async stream(args: readonly string[], options: GitOptions, take: (chunk: Buffer) => void): Promise<void> {
    const ended = await this.#spawn(args, options, take, true);
    if (ended.status !== 0 && !options.signal?.aborted)
      throw new GitFailed(args.find((one) => /^[a-z]/.test(one) && !one.includes("=")) ?? "", ended);
  }

  #spawn(
    args: readonly string[],
    options: GitOptions,
    take: (chunk: Buffer) => void,
    inTurns = false,
  ): Promise<Omit<GitResult, "stdout">> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#command, [...(options.asPerson ? [] : QUIET), ...args], {
        cwd: options.cwd,
        env: environment(this.#env, options),
        stdio: ["pipe", "pipe", "pipe"],
        windowsHide: true,
      });
      const err: Buffer[] = [];
      const waiting: Buffer[] = [];
      let turning = false;
      let whenTaken: (() => void) | undefined;
      const turn = (): void => {
        const piece = waiting.shift();
        turning = piece !== undefined;
        if (piece) {
          take(piece);
          setImmediate(turn);
          return;
        }
        child.stdout.resume();
        whenTaken?.();
      };
      child.stdout.on("data", (chunk: Buffer) => {
        if (!inTurns) {
          take(chunk);
          return;
        }
        // Else a pipe that is full is read to its end in one go, and everybody waits.
        child.stdout.pause();
        for (let at = 0; at < chunk.length; at += PIECE) waiting.push(chunk.subarray(at, at + PIECE));
        if (waiting.length > 0 && !turning) turn();
      });
      child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
      const end = (): void => void child.kill("SIGKILL");
      const timer = setTimeout(end, options.timeout ?? 60_000);
      options.signal?.addEventListener("abort", end, { once: true });
      if (options.signal?.aborted) end();
      child.on("error", (error) => {
        // Without this a program that does not exist would keep us alive for as long.
        clearTimeout(timer);
        reject(error);
      });
      // A child that does not read its input closes the pipe: its status tells what went wrong.
      child.stdin.on("error", () => undefined);
      child.on("close", (status) => {
        clearTimeout(timer);
        options.signal?.removeEventListener("abort", end);
        const done = () => resolve({ status: status ?? -1, stderr: Buffer.concat(err).toString("utf8") });
        // The program may be over long before all that it said is taken.
        if (turning) whenTaken = done;
        else done();
      });
      child.stdin.end(options.input ?? "");
    });
  }

  /**
   * Settings that switch every filter of a repository off. git compares files with its index whenever it writes that,
   * and would run them.
   */
  async withoutFilters(cwd: string): Promise<{ config: (readonly [string, string])[] }> {
    const listed = await this.run(
      ["config", "-z", "--name-only", "--get-regexp", "^filter\\..*\\.(clean|process|required)$"],
      {
        cwd,
      },
    );
    const keys = new Set(listed.stdout.toString("utf8").split("\0").filter(Boolean));
    return { config: [...keys].map((key) => [key, key.endsWith(".required") ? "false" : ""] as const) };
  }

  /** Runs git and gives its output; throws with git's own last line when it fails. */
  async output(args: readonly string[], options: GitOptions): Promise<Buffer> {
    const result = await this.run(args, options);
    if (result.status === 0) return result.stdout;
    throw new GitFailed(args[0] ?? "", result);
  }
}

/** git ended with a non-zero status; `message` is its own last line. */
export class GitFailed extends Error {
  readonly result: Omit<GitResult, "stdout">;

  constructor(command: string, result: Omit<GitResult, "stdout">) {
    super(`git ${command}: ${result.stderr.trim().split("\n").at(-1) || `status ${result.status}`}`);
    this.result = result;
  }
}

/** The git program at `command`, or undefined when it does not run. */
export async function findGit(command: string, env: Environment): Promise<GitBinary | undefined> {
  const binary = new GitBinary(command, env);
  try {
    const { status } = await binary.run(["--version"], { cwd: "/" });
    return status === 0 ? binary : undefined;
  } catch {
    return undefined;
  }
}

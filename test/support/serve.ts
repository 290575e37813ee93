import { type ChildProcess, spawn } from "node:child_process";
import { PROGRAM, type User } from "./client.js";
import { GIT_ENV } from "./repositories.js";

/** A server as users start it, on a free port. */
export class ServeProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly exit: Promise<number | null>;
  readonly said: { out: string; err: string };

  private constructor(
    child: ChildProcess,
    url: string,
    exit: Promise<number | null>,
    said: { out: string; err: string },
  ) {
    this.child = child;
    this.url = url;
    this.exit = exit;
    this.said = said;
  }

  /** Starts it and waits for the line that names its address; throws with its words when it ends before. */
  static async start(
    cwd: string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
    user: User = {},
  ): Promise<ServeProcess> {
    const child = spawn(process.execPath, [PROGRAM, "serve", "--port", "0", ...args], {
      cwd,
      env: { ...GIT_ENV, ...env },
      ...user,
    });
    const said = { out: "", err: "" };
    const exit = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
    child.stderr.on("data", (chunk: Buffer) => {
      said.err += chunk.toString("utf8");
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        said.out += chunk.toString("utf8");
        const [, found] = /(http:\/\/[^/"\s]+)/.exec(said.out) ?? [];
        if (found && said.out.includes("\n")) resolve(found);
      });
      void exit.then((code) => reject(new Error(`serve ended with ${code}: ${said.out}${said.err}`)));
    });
    return new ServeProcess(child, url, exit, said);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.child.kill(signal);
    return this.exit;
  }
}

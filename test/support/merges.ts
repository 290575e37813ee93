import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { repositoryAt } from "../../src/git/discover.js";
import { findGit } from "../../src/git/git-binary.js";
import { setMergeDriver } from "../../src/setup/merge-driver.js";
import { STORE_ATTRIBUTES } from "../../src/setup/store-attributes.js";
import { PROGRAM } from "./client.js";
import { GIT_ENV, git, makeCheckedInStore, put, temporaryFolder } from "./repositories.js";

/** Texts by path below the store; null = no such file. */
export type Files = Readonly<Record<string, string | Uint8Array | null>>;

/** The program as git finds it on its path. */
export const THIS_BUILD = `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`;

/** A repository with a checked-in store whose merges are ours, as `init` leaves it. */
export class Merging {
  readonly dir = makeCheckedInStore();
  readonly #bin = temporaryFolder();

  /** With the driver of the built program, another one in its place, or (undefined) none. */
  static async make(program: string | undefined = THIS_BUILD): Promise<Merging> {
    const made = new Merging();
    put(path.join(made.dir, ".memory/.gitattributes"), STORE_ATTRIBUTES);
    await setMergeDriver((await repositoryAt(made.dir))!, (await findGit("git", GIT_ENV))!);
    made.commit({}, "attributes");
    if (program !== undefined) fs.writeFileSync(path.join(made.#bin, "git-memory"), program, { mode: 0o755 });
    return made;
  }

  remove(): void {
    for (const folder of [this.dir, this.#bin]) fs.rmSync(folder, { recursive: true, force: true });
  }

  git(...args: string[]): string {
    return git(this.dir, ...args);
  }

  /** Runs git with the driver on its path, and gives its exit status and what it said. */
  run(...args: string[]): { readonly status: number | null; readonly said: string } {
    const env = { ...GIT_ENV, PATH: `${this.#bin}:${GIT_ENV.PATH}`, GIT_EDITOR: "true" };
    const { status, stdout, stderr } = spawnSync("git", args, { cwd: this.dir, encoding: "utf8", env });
    return { status, said: stdout + stderr };
  }

  write(files: Files): void {
    for (const [file, text] of Object.entries(files)) {
      if (text === null) fs.rmSync(path.join(this.dir, ".memory", file));
      else put(path.join(this.dir, ".memory", file), text);
    }
  }

  commit(files: Files, message: string): void {
    this.write(files);
    this.git("add", "-A");
    this.git("commit", "-q", "--allow-empty", "-m", message);
  }

  /** `main`, checked out, and `side`, which go apart at `base`. */
  fork(base: Files, ours: Files, theirs: Files): void {
    this.commit(base, "base");
    this.git("checkout", "-qb", "side");
    this.commit(theirs, "theirs");
    this.git("checkout", "-q", "main");
    this.commit(ours, "ours");
  }

  text(file: string): string {
    return fs.readFileSync(path.join(this.dir, ".memory", file), "utf8");
  }

  /** A path's states in git's index: base, ours, theirs; undefined = none. */
  stages(file: string): (string | undefined)[] {
    const lines = this.git("ls-files", "-u", "--", `.memory/${file}`).split("\n");
    return ["1", "2", "3"].map((stage) => {
      const blob = lines.find((line) => line.split(/\s/)[2] === stage)?.split(" ")[1];
      return blob === undefined ? undefined : this.git("cat-file", "blob", blob);
    });
  }

  /** Every file with its bytes and its time, but for git's objects. */
  everything(): string[] {
    return fs
      .readdirSync(this.dir, { recursive: true, encoding: "utf8" })
      .filter((name) => !name.startsWith(path.join(".git", "objects")))
      .sort()
      .map((name) => {
        const stat = fs.statSync(path.join(this.dir, name));
        return stat.isFile() ? `${name} ${stat.mtimeMs} ${fs.readFileSync(path.join(this.dir, name), "latin1")}` : name;
      });
  }
}

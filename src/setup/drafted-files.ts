import fs from "node:fs/promises";
import path from "node:path";
import { isErrno, readIfThere, removeFile, writeAtomic } from "../git/git-fs.js";

/** A file as it is and as it will be; undefined = not there. */
interface Drafted {
  readonly before: string | undefined;
  readonly mode: number | undefined;
  after: string | undefined;
}

/** A file that cannot be read or edited stays as it is; the message is a sentence part that says why. */
export class LeftAlone extends Error {
  readonly file: string;

  constructor(file: string, reason: string) {
    super(reason);
    this.file = file;
  }
}

/** Text files of one folder, changed in memory first and then all at once. Names are relative, with `/`. */
export class DraftedFiles {
  readonly #root: string;
  #files = new Map<string, Drafted>();
  /** Where a name leads through symbolic links. */
  readonly #real = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The text of a file; undefined when it is not there. Throws LeftAlone for what is no text of this folder. */
  async read(name: string): Promise<string | undefined> {
    return (await this.#open(name)).after;
  }

  /** Sets a file's text; undefined takes it away. */
  async write(name: string, text: string | undefined): Promise<void> {
    (await this.#open(name)).after = text;
  }

  /** Remembers how all is, and gives the function that goes back to it. */
  checkpoint(): () => void {
    const kept = new Map([...this.#files].map(([name, file]) => [name, { ...file }]));
    return () => {
      this.#files = kept;
    };
  }

  async #open(name: string): Promise<Drafted> {
    const real = this.#real.get(name) ?? (await this.#resolve(name));
    this.#real.set(name, real);
    const known = this.#files.get(real);
    if (known) return known;
    const bytes = await readIfThere(real).catch(() => {
      throw new LeftAlone(name, "it cannot be read");
    });
    const before = bytes?.toString("utf8");
    if (bytes && !Buffer.from(before!).equals(bytes)) throw new LeftAlone(name, "it is not UTF-8 text");
    const mode = bytes && (await fs.stat(real)).mode & 0o777;
    const file = { before, mode, after: before };
    this.#files.set(real, file);
    return file;
  }

  /** A link inside the folder is followed, so that it stays one; a link out of it is nobody's to write through. */
  async #resolve(name: string): Promise<string> {
    const inside = (real: string): string => {
      const steps = path.relative(this.#root, real).split(path.sep);
      if (steps[0] !== ".." && !path.isAbsolute(steps[0]!) && !steps.includes(".git")) return real;
      throw new LeftAlone(name, "it is a link that leads out of the project's files");
    };
    const full = path.join(this.#root, name);
    const real = await fs.realpath(full).catch(() => undefined);
    if (real !== undefined) return inside(real);
    if (await fs.lstat(full).catch(() => undefined)) throw new LeftAlone(name, "it is a link that leads nowhere");
    let folder = path.dirname(full);
    for (;;) {
      const there = await fs.realpath(folder).catch(() => undefined);
      if (there !== undefined) return inside(path.join(there, path.relative(folder, full)));
      folder = path.dirname(folder);
    }
  }

  /** Puts every changed file in place; a file with no text left goes, and so do the folders that are empty then. */
  async commit(): Promise<void> {
    for (const [real, { before, after, mode }] of this.#files) {
      if (before === after) continue;
      if (after !== undefined) {
        await writeAtomic(real, after, mode === undefined ? {} : { mode });
        continue;
      }
      removeFile(real);
      await this.#prune(path.dirname(real));
    }
  }

  async #prune(folder: string): Promise<void> {
    if (folder === this.#root) return;
    try {
      await fs.rmdir(folder);
    } catch (error) {
      if (isErrno(error, "ENOTEMPTY", "EEXIST", "ENOENT")) return;
      throw error;
    }
    await this.#prune(path.dirname(folder));
  }
}

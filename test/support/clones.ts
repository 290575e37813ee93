import fs from "node:fs";
import path from "node:path";
import type { Store } from "../../src/store/store.js";
import type { StoreOptions } from "../../src/store/store-options.js";
import { git, makeOwnStore, openStore, put, temporaryFolder } from "./repositories.js";

/** Two clones of a bare remote that holds a store of its own. */
export interface Clones {
  readonly folder: string;
  readonly remote: string;
  readonly a: string;
  readonly b: string;
}

/** Clones the store at `remote` as another person has it. */
export function cloneOf(remote: string, dir: string, name: string): string {
  git(path.dirname(dir), "clone", "-q", remote, dir);
  git(dir, "config", "user.name", name);
  git(dir, "config", "user.email", `${name.toLowerCase()}@example.org`);
  return dir;
}

/** The same, with files that both begin with. */
export function makeClones(files: Readonly<Record<string, string | Uint8Array>> = {}): Clones {
  const folder = temporaryFolder();
  const [remote, a, b] = ["remote.git", "a", "b"].map((name) => path.join(folder, name)) as [string, string, string];
  const first = makeOwnStore();
  for (const [file, content] of Object.entries(files)) put(path.join(first, file), content);
  if (Object.keys(files).length > 0) {
    git(first, "add", ".");
    git(first, "commit", "-qm", "files");
  }
  git(folder, "clone", "-q", "--bare", first, remote);
  fs.rmSync(first, { recursive: true });
  return { folder, remote, a: cloneOf(remote, a, "Ada"), b: cloneOf(remote, b, "Bob") };
}

/** An open clone, and what its index was told: store path → version. */
export interface OpenClone {
  readonly dir: string;
  readonly store: Store;
  readonly told: Map<string, string>;
}

/** Opens the store of a clone. */
export async function openClone(
  dir: string,
  options: Partial<StoreOptions> & { noGit?: boolean } = {},
): Promise<OpenClone> {
  const told = new Map<string, string>();
  const store = await openStore(dir, {
    sink: (changes) => {
      for (const { path: file, after } of changes) {
        if (after) told.set(file, after.version);
        else told.delete(file);
      }
    },
    ...options,
  });
  return { dir, store, told };
}

/** Commits files of a clone as a person does; null removes one. */
export function commit(dir: string, files: Readonly<Record<string, string | Uint8Array | null>>): void {
  for (const [file, content] of Object.entries(files)) {
    if (content === null) fs.rmSync(path.join(dir, file));
    else put(path.join(dir, file), content);
  }
  git(dir, "add", "-A");
  git(dir, "commit", "-qm", "by hand");
}

/** The same two clones and their remote once more. */
export function copyOf({ folder }: Clones): Clones {
  const copy = temporaryFolder();
  fs.cpSync(folder, copy, { recursive: true });
  const [remote, a, b] = ["remote.git", "a", "b"].map((name) => path.join(copy, name)) as [string, string, string];
  for (const dir of [a, b]) git(dir, "remote", "set-url", "origin", remote);
  return { folder: copy, remote, a, b };
}

/** The text of a file of a clone; undefined when there is none. */
export const textIn = (dir: string, file: string): string | undefined =>
  fs.existsSync(path.join(dir, file)) ? fs.readFileSync(path.join(dir, file), "utf8") : undefined;

/** An entry with an id that says which it is. */
export const entry = (
  number: number,
  fields: Readonly<Record<string, string>> = {},
  body = "one\n\ntwo\n\nthree\n",
): string =>
  `---\nid: 0199aa3e-7c1b-7d10-9c55-${number.toString(16).padStart(12, "0")}\n${Object.entries({
    title: `Entry ${number}`,
    ...fields,
  })
    .map(([key, value]) => `${key}: ${value}\n`)
    .join("")}---\n\n${body}`;

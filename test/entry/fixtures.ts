import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "../../fixtures/entries");

/** The names of all entry fixtures, without `.md`. */
export const FIXTURES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".md"))
  .map((file) => file.slice(0, -3))
  .sort();

/** The bytes of one entry fixture. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(FOLDER, `${name}.md`)));
}

/** Text as bytes and back, byte order mark kept. */
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

/** Where the entries of these tests are said to lie. */
export const AT = { kind: "memory", scope: "project/api", name: "db/some-name" } as const;

import path from "node:path";
import { readIfThere } from "./git-fs.js";

/** Values of git config keys: `section.key` or `section.subsection.key`, section and key in lower case; the last wins. */
export type ConfigValues = ReadonlyMap<string, string>;

function unquote(text: string): string {
  let value = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === "\\") value += { n: "\n", t: "\t", b: "\b" }[text[++at] ?? ""] ?? text[at] ?? "";
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === "#" || character === ";")) break;
    else value += character;
  }
  return quoted ? value : value.trim();
}

/** Reads the text of a git config file (git-config, "Syntax"), in order. Lines that it does not understand are passed over. */
export function parseConfig(text: string): [key: string, value: string][] {
  const pairs: [string, string][] = [];
  let section = "";
  for (const raw of text
    .replace(/^\uFEFF/, "")
    .replace(/\\\r?\n/g, "")
    .split(/\r?\n/)) {
    const header = /^\s*\[\s*([\w.-]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\]/.exec(raw);
    if (header)
      section = header[1]!.toLowerCase() + (header[2] === undefined ? "" : `.${header[2].replace(/\\(.)/g, "$1")}`);
    const pair = /^\s*([A-Za-z][\w-]*)\s*(?:=(.*))?$/.exec(header ? raw.slice(header[0].length) : raw);
    if (pair && section)
      pairs.push([`${section}.${pair[1]!.toLowerCase()}`, pair[2] === undefined ? "true" : unquote(pair[2])]);
  }
  return pairs;
}

const MAX_INCLUDES = 10;

/**
 * Reads config files in order, later ones winning, with `include.path` and `includeIf "gitdir:…"`. `home` stands for
 * `~`, `gitDir` for the repository that conditions ask about.
 */
export async function readConfig(files: readonly string[], home: string, gitDir: string): Promise<ConfigValues> {
  const values = new Map<string, string>();
  const read = async (file: string, depth: number): Promise<void> => {
    const text = (await readIfThere(file))?.toString("utf8");
    if (text === undefined || depth > MAX_INCLUDES) return;
    for (const [key, value] of parseConfig(text)) {
      values.set(key, value);
      const place = (name: string) => path.resolve(path.dirname(file), name.replace(/^~(?=\/)/, home));
      const condition = /^includeif\.gitdir(\/i)?:(.*)\.path$/.exec(key);
      const folder = condition?.[2] && place(condition[2].replace(/^\*\*\//, ""));
      if (
        key === "include.path" ||
        (folder && `${gitDir}/`.startsWith(condition![2]!.endsWith("/") ? `${folder}/` : folder))
      )
        await read(place(value), depth + 1);
    }
  };
  for (const file of files) await read(file, 0);
  return values;
}

import { parseYaml, type YamlMap } from "./yaml.js";

/** One top-level key of a mapping: its lines, with the comments right above it and all that follows up to the next one. */
export interface YamlPart {
  readonly key: string;
  readonly text: string;
}

/** A mapping cut into its top-level keys; `lead` are the lines before the first one. Together they are the source. */
export interface YamlParts {
  readonly lead: string;
  readonly parts: readonly YamlPart[];
}

/** A line that begins a top-level key. */
const KEY = /^([A-Za-z_][\w-]*):(?=[ \r\n]|$)/;
/** Lines that can only go on with what stands above them: indented, an item, a comment, or blank. */
const INNER = /^(?:[ #]|- |-?\r?\n|-?\r?$)/;
/** An alias means what another key says. */
const ALIAS = /[\s,[{:][&*]/;
/** Lengths beyond which limits of the whole count. */
const LONG = 64 * 1024;

/**
 * Cuts a mapping at the lines that begin with a key; undefined for a source in which a key could be written in another way,
 * or mean something else by itself.
 */
export function splitYaml(source: string): YamlParts | undefined {
  if (source.length > LONG || ALIAS.test(source)) return undefined;
  const parts: { key: string; text: string }[] = [];
  let [lead, comments] = ["", ""];
  for (const line of source.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const key = KEY.exec(line)?.[1];
    if (key !== undefined) {
      parts.push({ key, text: comments + line });
      comments = "";
    } else if (line.startsWith("#")) comments += line;
    else {
      const last = parts.at(-1);
      if (!INNER.test(line) || (!last && line.trim() !== "")) return undefined;
      if (last) last.text += comments + line;
      else lead += comments + line;
      comments = "";
    }
  }
  const last = parts.at(-1);
  if (last) last.text += comments;
  else lead += comments;
  return new Set(parts.map(({ key }) => key)).size === parts.length ? { lead, parts } : undefined;
}

/**
 * Reads mappings that are mostly alike, as the sides of a merge are: a key whose lines were read before is not read again. What
 * it gives is what `parseYaml` gives: such a key's lines mean the same by themselves and among others, since nothing that
 * began before them reaches into them and no alias leads out of them.
 */
export class PartReader {
  readonly #known = new Map<string, { readonly value: unknown; readonly map?: YamlMap }>();

  /** The mapping; undefined where it has to be read as a whole, also when there is something wrong with it. */
  read(source: string): YamlMap | undefined {
    const cut = splitYaml(source);
    if (!cut || cut.parts.length === 0) return undefined;
    const { parts } = cut;
    if (this.#known.size === 0) return this.#readFirst(source, parts);
    const fields: [string, unknown][] = [];
    for (const { key, text } of parts) {
      const read = this.#known.get(text) ?? readPart(key, text);
      if (!read) return undefined;
      this.#known.set(text, read);
      fields.push([key, read.value]);
    }
    return mapOf(Object.fromEntries(fields), source);
  }

  /** One key of a mapping by itself. */
  part({ key, text }: YamlPart): YamlMap | undefined {
    return this.#known.get(text)?.map ?? readPart(key, text)?.map;
  }

  /** Keys are read at once where none is known yet, which costs less than one by one. */
  #readFirst(source: string, parts: readonly YamlPart[]): YamlMap | undefined {
    const map = parseYaml(source);
    // With the same keys in the same order every cut is where a key begins.
    if (map.kind === "fault" || !isSame(Object.keys(map.value), parts)) return undefined;
    for (const { key, text } of parts) this.#known.set(text, { value: map.value[key] });
    return map;
  }
}

const isSame = (keys: readonly string[], parts: readonly YamlPart[]): boolean =>
  keys.length === parts.length && keys.every((key, at) => key === parts[at]?.key);

function readPart(key: string, text: string): { readonly value: unknown; readonly map: YamlMap } | undefined {
  const map = parseYaml(text);
  if (map.kind === "fault" || !isSame(Object.keys(map.value), [{ key, text }])) return undefined;
  return { value: map.value[key], map };
}

function mapOf(value: Readonly<Record<string, unknown>>, source: string): YamlMap {
  let read: YamlMap | undefined;
  const whole = (): YamlMap => {
    const map = read ?? parseYaml(source);
    if (map.kind === "fault") throw new Error(`its keys can be read, the whole cannot: ${map.reason}`);
    read = map;
    return map;
  };
  return { kind: "map", value, lineOf: (key) => whole().lineOf(key), outline: () => whole().outline() };
}

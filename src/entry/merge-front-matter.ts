import { equalValues } from "./equal-values.js";
import { type Eol, type FrontMatter, readFrontMatter } from "./frontmatter.js";
import { isSettled, mergeLines, picked } from "./merge-lines.js";
import { linesWithEnds } from "./merge-texts.js";
import { type PartReader, splitYaml, type YamlPart } from "./yaml-parts.js";
import { spliceYaml } from "./yaml-splice.js";

type Fields = Readonly<Record<string, unknown>>;

/** The beginning of a file up to its body, byte order mark and front matter with its delimiters. */
export interface Head {
  readonly head: string;
  readonly front: Exclude<FrontMatter, { kind: "fault" }>;
  /** What the front matter says; a key without a value says nothing. */
  readonly fields: Fields;
}

export interface Heads {
  readonly base: Head;
  /** Whose layout and order stay. */
  readonly first: Head;
  readonly second: Head;
}

/** What a front matter says. */
export function said(front: FrontMatter): Fields {
  if (front.kind !== "map") return {};
  return Object.fromEntries(Object.entries(front.map.value).filter(([, value]) => value !== null));
}

/**
 * The beginning of the file that says what is wanted, made of what the sides have: as it is, merged line by line, or key by
 * key; comments and layout of both stay. Undefined where none of that says it.
 */
export function mergeHeads({ base, first, second }: Heads, wanted: Fields, reader: PartReader): string | undefined {
  if (second.head === base.head || second.head === first.head) return first.head;
  if (first.head === base.head) return second.head;
  const proven = (head: string | undefined): string | undefined => {
    const front = head ? readFrontMatter(head, reader) : undefined;
    return front?.kind === "map" && front.bodyStart === head?.length && equalValues(said(front), wanted)
      ? head
      : undefined;
  };
  const byLines = base.front.kind === "map" ? proven(headByLines({ base, first, second })) : undefined;
  if (byLines !== undefined) return byLines;
  const whole = [first, second].find(({ fields }) => equalValues(fields, wanted))?.head;
  return whole ?? proven(headByKeys(first, second, wanted, reader));
}

function headByLines({ base, first, second }: Heads): string | undefined {
  if (first.front.kind !== "map" || second.front.kind !== "map") return undefined;
  const [from, ours, theirs] = [base, first, second].map(({ head }) => linesWithEnds(head));
  const regions = mergeLines(from!, ours!, theirs!);
  return isSettled(regions) ? picked(regions, "ours").join("") : undefined;
}

/** Each key's lines from the side that says what is wanted of it. */
function headByKeys(first: Head, second: Head, wanted: Fields, reader: PartReader): string | undefined {
  const [ours, theirs] = [cut(first), cut(second)];
  if (!ours || !theirs || ours.eol !== theirs.eol) return undefined;
  const parts: YamlPart[] = [];
  for (const part of ours.parts) {
    const { key } = part;
    if (equalValues(fieldOf(first.fields, key), fieldOf(wanted, key))) parts.push(part);
    else {
      const other = theirs.parts.find((one) => one.key === key);
      const taken = other && equalValues(fieldOf(second.fields, key), fieldOf(wanted, key));
      parts.push(taken ? other : { key, text: changed(part, fieldOf(wanted, key), ours.eol, reader) });
    }
  }
  for (const [at, part] of theirs.parts.entries()) {
    if (!Object.hasOwn(wanted, part.key) || parts.some(({ key }) => key === part.key)) continue;
    const before = new Set(theirs.parts.slice(0, at).map(({ key }) => key));
    const taken = equalValues(fieldOf(second.fields, part.key), fieldOf(wanted, part.key));
    const text = taken ? part.text : changed(part, fieldOf(wanted, part.key), ours.eol, reader);
    parts.splice(parts.findLastIndex(({ key }) => before.has(key)) + 1, 0, { key: part.key, text });
  }
  return ours.opening + parts.map(({ text }) => text).join("") + ours.closing;
}

/** Null where a side has no value, which is what takes one away. */
const fieldOf = (fields: Fields, key: string): unknown => (Object.hasOwn(fields, key) ? fields[key] : null);

function cut({ head, front }: Head) {
  const yaml = front.kind === "map" ? splitYaml(head.slice(front.yamlStart, front.yamlEnd)) : undefined;
  if (front.kind !== "map" || !yaml) return undefined;
  const opening = head.slice(0, front.yamlStart) + yaml.lead;
  return { opening, parts: yaml.parts, closing: head.slice(front.yamlEnd), eol: front.eol };
}

function changed(part: YamlPart, value: unknown, eol: Eol, reader: PartReader): string {
  const map = reader.part(part);
  return map ? spliceYaml(part.text, map, new Map([[part.key, value]]), [], eol) : part.text;
}

import { bodyStart } from "./frontmatter.js";

/** The lines (from 0) of one set of conflict markers, as git leaves them (git-merge, "How conflicts are presented"). */
export interface MarkerSet {
  readonly open: number;
  /** Where ours ends: the line of the base's version, else the one between the sides. */
  readonly oursEnd: number;
  /** The line between the sides. */
  readonly middle: number;
  readonly close: number;
}

/** The signs of a marker line and what has to follow them; git writes seven, or more where a file asks for it. */
const MARKER = /^(?:(<{7,}) |(\|{7,})(?: |\r?$)|(={7,})\r?$|(>{7,}) )/;

/** What stands beside a field that two sides changed differently: a comment, so that the front matter can be read. */
export const BESIDE = /^#(?:>{7,} theirs|<{7,} ours): /;

/** The line that holds one side's value of a contested field; null where that side took the field away. */
export function besideField(side: "ours" | "theirs", field: string, value: unknown, size: number): string {
  const key = /^[A-Za-z_][\w-]*$/.test(field) ? field : JSON.stringify(field);
  const sign = side === "ours" ? "<" : ">";
  return `#${sign.repeat(size)} ${side}: ${key}: ${JSON.stringify(value ?? null)}`;
}

/** Complete sets, one after the other; of two inside each other the outer one. */
export function markerSets(lines: readonly string[]): MarkerSet[] {
  const sets: MarkerSet[] = [];
  const begun = new Map<number, { readonly open: number; oursEnd?: number; middle?: number }>();
  for (const [at, line] of lines.entries()) {
    const [, open, base, middle, close] = MARKER.exec(line) ?? [];
    const size = (open ?? base ?? middle ?? close)?.length ?? 0;
    if (open !== undefined) begun.set(size, { open: at });
    const set = begun.get(size);
    if (!set) continue;
    if (base !== undefined && set.middle === undefined) set.oursEnd ??= at;
    if (middle !== undefined && set.middle === undefined) {
      set.oursEnd ??= at;
      set.middle = at;
    }
    if (close === undefined || set.middle === undefined || set.oursEnd === undefined) continue;
    begun.delete(size);
    while (sets.length > 0 && sets.at(-1)!.open > set.open) sets.pop();
    sets.push({ open: set.open, oursEnd: set.oursEnd, middle: set.middle, close: at });
  }
  return sets;
}

// Most texts have none: these looks cost next to nothing.
const mayHaveSets = (text: string): boolean => text.includes("<<<<<<< ");
const mayHaveBeside = (text: string): boolean => text.includes(">>>>>>> theirs: ") || text.includes("<<<<<<< ours: ");

/** Of a text without a byte order mark. */
const plain = (text: string): string => text.replace(/^\uFEFF/, "");

/** The line (from 1) of the first conflict marker: of a complete set, or of a field that has the other side's value beside it. */
export function firstMarkerLine(text: string): number | undefined {
  const set = mayHaveSets(text) ? markerSets(plain(text).split("\n"))[0]?.open : undefined;
  const beside = mayHaveBeside(text) ? firstBeside(plain(text)) : undefined;
  if (set === undefined && beside === undefined) return undefined;
  return Math.min(set ?? Number.POSITIVE_INFINITY, beside ?? Number.POSITIVE_INFINITY) + 1;
}

/** Only front matter, and YAML, has comments. */
function firstBeside(text: string): number | undefined {
  const at = text
    .slice(0, bodyStart(text) || undefined)
    .split("\n")
    .findIndex((line) => BESIDE.test(line));
  return at === -1 ? undefined : at;
}

/** True for a file with conflict markers. */
export function hasMarkers(bytes: Uint8Array | null | undefined): boolean {
  if (!bytes) return false;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.includes("<<<<<<< ") && !buffer.includes(">>>>>>> theirs: ")) return false;
  return firstMarkerLine(buffer.toString("utf8")) !== undefined;
}

/** The text with ours in place of each complete set of markers. */
export function oursSide(text: string): string {
  if (!mayHaveSets(text)) return text;
  const mark = text.slice(0, text.length - plain(text).length);
  const lines = plain(text).split("\n");
  const sets = markerSets(lines);
  if (sets.length === 0) return text;
  const kept: string[] = [];
  let from = 0;
  for (const { open, oursEnd, close } of sets) {
    kept.push(...lines.slice(from, open), ...lines.slice(open + 1, oursEnd));
    from = close + 1;
  }
  return mark + [...kept, ...lines.slice(from)].join("\n");
}

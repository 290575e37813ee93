import { keptLines } from "./diff.js";
import { equalValues } from "./equal-values.js";
import type { ReadFields } from "./fields.js";

/** One state of an entry as blame compares it: the file's lines with their ends, and its fields. */
export interface BlamedText {
  readonly lines: readonly string[];
  readonly fields: ReadonlyMap<string, unknown>;
}

/** Lines (position in the text that is explained → position in a text) and fields whose origin is looked for. */
export interface Claims {
  readonly lines: ReadonlyMap<number, number>;
  readonly fields: ReadonlySet<string>;
}

/** The text of a file, with the fields that it holds; undefined for one that cannot be read. */
export function blamedText(text: string, read: Pick<ReadFields<object>, "fields" | "unknown"> | undefined): BlamedText {
  const values = read ? Object.entries({ ...read.fields, ...read.unknown }) : [];
  return { lines: text.match(/[^\n]*\n|[^\n]+$/g) ?? [], fields: new Map(values) };
}

/** Claims to all of a text. */
export const claimAll = ({ lines, fields }: BlamedText): Claims => ({
  lines: new Map(lines.map((_line, at) => [at, at])),
  fields: new Set(fields.keys()),
});

export const isEmpty = ({ lines, fields }: Claims): boolean => lines.size === 0 && fields.size === 0;

/** Splits claims to a text: what an older text has too goes on to that (`passed`), the rest stays. */
export function passOn(text: BlamedText, older: BlamedText, claims: Claims): { passed: Claims; rest: Claims } {
  const kept = keptLines(older.lines, text.lines);
  const passed = { lines: new Map<number, number>(), fields: new Set<string>() };
  const rest = { lines: new Map<number, number>(), fields: new Set<string>() };
  for (const [final, line] of claims.lines) {
    const there = kept[line] ?? -1;
    if (there >= 0) passed.lines.set(final, there);
    else rest.lines.set(final, line);
  }
  for (const field of claims.fields) {
    const same = older.fields.has(field) && equalValues(older.fields.get(field), text.fields.get(field));
    (same ? passed : rest).fields.add(field);
  }
  return { passed, rest };
}

/** Claims to the same text from two sides. */
export const joinClaims = (a: Claims, b: Claims): Claims => ({
  lines: new Map([...a.lines, ...b.lines]),
  fields: new Set([...a.fields, ...b.fields]),
});

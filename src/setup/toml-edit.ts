import { parse, TomlError } from "smol-toml";
import { equalValues } from "../entry/equal-values.js";

/** The value of a TOML text, or the line (from 1) where it cannot be read. */
export type TomlRead =
  | { readonly kind: "value"; readonly value: Record<string, unknown> }
  | { readonly kind: "fault"; readonly line: number; readonly reason: string };

/** Reads a TOML text, with or without a byte order mark. */
export function readToml(text: string): TomlRead {
  try {
    return { kind: "value", value: parse(text.replace(/^\uFEFF/, "")) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n")[0]!.replace(/^Invalid TOML document: /, "");
    return { kind: "fault", line: error.line, reason };
  }
}

type Table = Readonly<Record<string, string | readonly string[]>>;

const quote = (value: string): string => JSON.stringify(value);
const render = (value: string | readonly string[]): string =>
  typeof value === "string" ? quote(value) : `[${value.map(quote).join(", ")}]`;
const lineOf = (key: string, value: string | readonly string[]): string => `${key} = ${render(value)}`;

const eolOf = (text: string): string => (text.includes("\r\n") ? "\r\n" : "\n");

interface Region {
  readonly from: number;
  readonly to: number;
}

/** The lines of `[parent.name]` and of the tables below it, up to its last key; undefined when no header says so. */
function regionOf(text: string, parent: string, name: string): Region | undefined {
  const ours = new RegExp(
    `^[ \\t]*\\[[ \\t]*${parent}[ \\t]*\\.[ \\t]*(?:${name}|"${name}"|'${name}')[ \\t]*(?:\\.[^\\]]*)?\\][ \\t]*(?:#.*)?$`,
  );
  let from: number | undefined;
  let to = 0;
  let inside = false;
  let offset = 0;
  for (const raw of text.split("\n")) {
    const line = raw.replace(/\r$/, "");
    const end = offset + raw.length + 1;
    if (/^[ \t]*\[/.test(line) && !/^[ \t]*\[.*[,"']\s*$/.test(line)) {
      inside = ours.test(line);
      if (
        inside &&
        from !== undefined &&
        text
          .slice(to, offset)
          .replace(/^[ \t]*#.*$/gm, "")
          .trim() !== ""
      )
        return undefined;
      if (inside) from ??= offset;
    }
    if (inside && line.trim() !== "" && !/^[ \t]*#/.test(line)) to = Math.min(end, text.length);
    offset = end;
  }
  return from === undefined ? undefined : { from, to };
}

const tableIn = (value: Record<string, unknown>, parent: string): Record<string, unknown> => {
  const table = value[parent];
  return typeof table === "object" && table !== null ? (table as Record<string, unknown>) : {};
};

// Dates are objects without keys of their own.
const same = (a: unknown, b: unknown): boolean => equalValues(a, b) && String(toText(a)) === String(toText(b));
const toText = (value: unknown): unknown =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? String(one) : one));

/** `after` when it reads as `before` with that one table other; else undefined. */
function verified(before: string, after: string, parent: string, name: string, wanted: unknown): string | undefined {
  const [was, is] = [readToml(before), readToml(after)];
  if (was.kind === "fault" || is.kind === "fault") return undefined;
  const { [name]: _was, ...othersWere } = tableIn(was.value, parent);
  const { [name]: now, ...others } = tableIn(is.value, parent);
  const { [parent]: _parentWas, ...restWas } = was.value;
  const { [parent]: _parent, ...rest } = is.value;
  return equalValues(now, wanted) && same(others, othersWere) && same(rest, restWas) ? after : undefined;
}

/**
 * The text with the keys of the table `[parent.name]` set, made at the end when it is not there, and no other line
 * changed. Undefined where the table is written in a form that cannot be spliced.
 */
export function setTomlTable(text: string, parent: string, name: string, keys: Table): string | undefined {
  const read = readToml(text);
  if (read.kind === "fault") return undefined;
  const eol = eolOf(text);
  const lines = Object.entries(keys).map(([key, value]) => lineOf(key, value));
  const there = tableIn(read.value, parent)[name];
  if (there === undefined) {
    const table = [`[${parent}.${name}]`, ...lines].join(eol);
    // A file without a last line end keeps being one, so that taking the table away gives back its bytes.
    const added =
      text === "" || text.endsWith("\n") ? `${text === "" ? "" : eol}${table}${eol}` : `${eol}${eol}${table}`;
    return verified(text, text + added, parent, name, keys);
  }
  const region = regionOf(text, parent, name);
  if (!region || typeof there !== "object" || there === null) return undefined;
  let table = text.slice(region.from, region.to);
  for (const [key, value] of Object.entries(keys)) {
    const pattern = new RegExp(`^([ \\t]*)${key}[ \\t]*=.*?(\\r?)$`, "m");
    const line = lineOf(key, value);
    table = pattern.test(table)
      ? table.replace(pattern, (_all, indent: string, end: string) => indent + line + end)
      : table.replace(/\n/, () => `\n${line}${eol}`);
  }
  const after = text.slice(0, region.from) + table + text.slice(region.to);
  return verified(text, after, parent, name, { ...there, ...keys });
}

/** The text without the table `[parent.name]` and the tables below it. Undefined where it cannot be cut out as lines. */
export function removeTomlTable(text: string, parent: string, name: string): string | undefined {
  const region = regionOf(text, parent, name);
  if (!region) return undefined;
  const { from, to } = region;
  const [before, rest] = [text.slice(0, from), text.slice(to)];
  const gap = /(?:\r?\n)$/.exec(before)?.[0].length ?? 0;
  const last = rest === "" && !text.endsWith("\n");
  const blank = /\n\r?\n$/.test(before) ? gap : 0;
  const cut = last ? before.replace(/\r?\n\r?\n$/, "") : before.slice(0, before.length - blank);
  return verified(text, cut + rest, parent, name, undefined);
}

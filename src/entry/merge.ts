import { MemoryError } from "../errors.js";
import { normaliseBody, replaceBody } from "./body.js";
import { decodeText } from "./entry-file.js";
import { bodyStart, readFrontMatter } from "./frontmatter.js";
import { spliceMarkdown } from "./markdown-splice.js";
import { type Head, mergeHeads, said } from "./merge-front-matter.js";
import { type Choice, isSettled, linesOf, mergeLines, picked } from "./merge-lines.js";
import { type Contested, type Merged, mergeTexts, oneSided, type Side, type Sides } from "./merge-texts.js";
import { mergeFields } from "./merge-values.js";
import { PartReader } from "./yaml-parts.js";

type Fields = Readonly<Record<string, unknown>>;

/** One side of a merge, read. */
interface Read extends Head {
  readonly bytes: Uint8Array;
  /** The text after the head. */
  readonly raw: string;
  readonly body: string;
}

/**
 * The three-way merge of an entry or a scope's document (DESIGN 4.4): field by field, the body line by line. `prefer` is the
 * side whose value stays where both changed it; `lines` says what becomes of contested lines of the body, the preferred
 * side's when absent. The bytes are those of one side wherever that is enough. Never throws.
 */
export function mergeMarkdown(sides: Sides, prefer: Side, lines: Choice = prefer): Merged {
  const settled = oneSided(sides);
  if (settled) return { kind: "clean", bytes: settled };
  const reader = new PartReader();
  const base = sides.base ? read(sides.base, reader) : NOTHING;
  const ours = read(sides.ours, reader, base);
  const theirs = read(sides.theirs, reader, base, ours);
  if (!base || !ours || !theirs) return mergeTexts(sides, prefer);
  if (areDistinct(base, ours, theirs)) return { kind: "distinct" };
  const [first, second] = prefer === "ours" ? [ours, theirs] : [theirs, ours];
  const merged = mergeFields(base.fields, first.fields, second.fields);
  const wanted = withOneId(merged.fields, base, first, second);
  const regions = mergeLines(linesOf(base.body), linesOf(ours.body), linesOf(theirs.body));
  const body = normaliseBody(picked(regions, lines).join("\n"));
  const bytes = write({ base, first, second }, wanted, body, reader);
  if (!bytes) return mergeTexts(sides, prefer);
  const contested: Contested[] = merged.contested
    .filter((field) => field !== "id")
    .map((field) => ({ field, ...sideOf("ours", ours, field), ...sideOf("theirs", theirs, field) }));
  if (!isSettled(regions)) contested.push({ field: "body", ours: ours.body, theirs: theirs.body });
  if (contested.length === 0) return { kind: "clean", bytes };
  return { kind: "conflict", cause: "merge", bytes, contested, ...(isSettled(regions) ? {} : { regions }) };
}

const NOTHING: Read = {
  bytes: new Uint8Array(),
  head: "",
  raw: "",
  front: { kind: "none", eol: "\n", bodyStart: 0 },
  fields: {},
  body: "",
};

/** Reads a side; a front matter that another side has to the letter is not read again: that is what a merge costs. */
function read(bytes: Uint8Array, reader: PartReader, ...others: readonly (Read | undefined)[]): Read | undefined {
  const decoded = decodeText(bytes);
  if (decoded.kind === "unreadable") return undefined;
  const { text } = decoded;
  const head = text.slice(0, bodyStart(text));
  const same = others.find((other) => other !== undefined && other !== NOTHING && other.head === head);
  const front = same?.front ?? readFrontMatter(text, reader);
  if (front.kind === "fault") return undefined;
  const raw = text.slice(front.bodyStart);
  return { bytes, head, raw, front, fields: same?.fields ?? said(front), body: normaliseBody(raw) };
}

const sideOf = (side: Side, { fields }: Read, field: string): Partial<Contested> =>
  Object.hasOwn(fields, field) ? { [side]: fields[field] } : {};

function idOf({ fields }: Read): string | undefined {
  const id = Object.hasOwn(fields, "id") ? fields.id : undefined;
  return typeof id === "string" && id !== "" ? id.toLowerCase() : undefined;
}

function areDistinct(base: Read, ours: Read, theirs: Read): boolean {
  const [was, a, b] = [idOf(base), idOf(ours), idOf(theirs)];
  if (a === undefined || b === undefined || a === b) return false;
  return base === NOTHING || was !== undefined;
}

/** Both sides may have given an id to an entry that had none: the smaller one stays. */
function withOneId(fields: Fields, base: Read, first: Read, second: Read): Fields {
  const ids = [idOf(first), idOf(second)].filter((id) => id !== undefined);
  if (idOf(base) !== undefined || ids.length < 2 || ids[0] === ids[1]) return fields;
  const smaller = [first, second].find((side) => idOf(side) === ids.sort()[0]);
  return { ...fields, id: smaller?.fields.id };
}

/** The file that says what is wanted, in the first side's bytes as far as they go; undefined when no file can. */
function write(
  sides: { readonly base: Read; readonly first: Read; readonly second: Read },
  wanted: Fields,
  body: string,
  reader: PartReader,
): Uint8Array | undefined {
  const { first, second } = sides;
  const head = mergeHeads(sides, wanted, reader);
  const start = head === undefined ? withFields(first, second, wanted) : { head, raw: first.raw };
  if (start === undefined) return undefined;
  const { eol } = first.front;
  const raw = replaceBody(start.raw, body, eol);
  const closed = raw === "" || /^\uFEFF?$|\n$/.test(start.head);
  const opening = closed ? start.head : start.head + eol;
  const text = opening + raw;
  // A body that begins like front matter would be taken for it.
  const same = bodyStart(text) === opening.length && normaliseBody(raw) === body;
  return same ? new TextEncoder().encode(text) : undefined;
}

/** What only the second side has goes where that has it. */
function withFields(first: Read, second: Read, wanted: Fields): { head: string; raw: string } | undefined {
  const gone = Object.keys(first.fields).filter((field) => !Object.hasOwn(wanted, field));
  const set = Object.fromEntries([...gone.map((field) => [field, null]), ...Object.entries(wanted)]);
  try {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      spliceMarkdown(first.bytes, { set }, Object.keys(second.fields)),
    );
    const at = bodyStart(text);
    return { head: text.slice(0, at), raw: text.slice(at) };
  } catch (error) {
    // Values that no readable file can hold: the texts are merged instead.
    if (error instanceof MemoryError) return undefined;
    throw error;
  }
}

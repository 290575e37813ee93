import { MemoryError } from "../errors.js";
import type { ConflictRecord } from "./conflict.js";
import { BESIDE, type MarkerSet, markerSets } from "./conflict-markers.js";
import { decodeText } from "./entry-file.js";
import { equalValues } from "./equal-values.js";
import { bodyStart, readFrontMatter } from "./frontmatter.js";
import { editMarkdown } from "./markdown-edit.js";
import { mergeKindOf } from "./merge-file.js";
import { type Choice, mergeLines, picked, type Region } from "./merge-lines.js";
import { applyResolution, checkResolution, type Resolution } from "./resolve-conflict.js";
import { parseYaml } from "./yaml.js";

/** The text with each set of markers replaced by what is chosen of it; what only one side changed in it stays, where it shows its base. */
function pickMarked(text: string, choiceAt: (set: MarkerSet) => Choice): string {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const lines = text.slice(mark.length).split("\n");
  const kept: string[] = [];
  let from = 0;
  for (const set of markerSets(lines)) {
    const { open, oursEnd, middle, close } = set;
    const [ours, theirs] = [lines.slice(open + 1, oursEnd), lines.slice(middle + 1, close)];
    const base = oursEnd < middle ? lines.slice(oursEnd + 1, middle) : undefined;
    const regions: Region[] = base ? mergeLines(base, ours, theirs) : [{ kind: "contested", base: [], ours, theirs }];
    kept.push(...lines.slice(from, open), ...picked(regions, choiceAt(set)));
    from = close + 1;
  }
  return mark + [...kept, ...lines.slice(from)].join("\n");
}

/** The text without values of the other side beside fields, which stand in the front matter, or in YAML. */
function withoutBeside(text: string, isYaml: boolean): string {
  const end = isYaml ? text.length : bodyStart(text);
  const head = text.slice(0, end).split("\n");
  return head.filter((line) => !BESIDE.test(line)).join("\n") + text.slice(end);
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(text: string): Fields | undefined {
  const front = readFrontMatter(text);
  if (front.kind === "fault") return undefined;
  return front.kind === "map" ? front.map.value : {};
}

const cannot = (message: string): MemoryError =>
  new MemoryError("invalid_input", `${message} Nothing was written.`, { field: "take" });

/**
 * The bytes of a file in which a merge left conflict markers, decided: of each set the side that holds, and contested
 * fields by value. `merged` is what this design's merge makes of both sides, the side that holds preferred: it decides
 * about fields that only one side changed and that stand between the markers all the same. Throws `invalid_input`.
 */
export function settleMarkers(
  path: string,
  bytes: Uint8Array,
  record: ConflictRecord,
  resolution: Resolution,
  merged: Uint8Array | undefined,
): Uint8Array {
  checkResolution(record, resolution);
  const { take = "a", values = {} } = resolution;
  const decoded = decodeText(bytes);
  if (decoded.kind === "unreadable") throw cannot(`${path} cannot be read: ${decoded.reason}.`);
  const kind = mergeKindOf(path);
  const entry = kind !== "yaml" && kind !== "text" && kind !== "conflict";
  const { text } = decoded;
  const headEnd = text.slice(0, bodyStart(text)).split("\n").length - 1;
  const side = take === "b" ? "theirs" : "ours";
  // Fields are not put one below the other: what both say of them is decided by value.
  const isHead = ({ open }: MarkerSet): boolean => kind === "yaml" || (entry && open < headEnd);
  const chosen = pickMarked(text, (set) => (take === "both" && !isHead(set) ? "both" : side));
  const plain = withoutBeside(chosen, kind === "yaml");
  const whole = record.fields.includes("file");
  if (whole && Object.hasOwn(values, "file")) return applyResolution(path, bytes, record, resolution);
  if (whole || kind === "text" || kind === "conflict") return new TextEncoder().encode(plain);
  const settled = entry ? settleFields(text, plain, record, merged, kind) : new TextEncoder().encode(plain);
  const fields = record.fields.filter(
    (field) => field !== "path" && (field !== "body" || Object.hasOwn(values, field)),
  );
  const after = fields.length === 0 ? settled : applyResolution(path, settled, { ...record, fields }, resolution);
  if (entry && !fieldsOf(new TextDecoder().decode(after)))
    throw cannot(`${path} could not be read with both sides of its markers in it. Take a or b.`);
  return after;
}

/** Sets the fields between markers that are not contested to what the merge of both sides makes of them. */
function settleFields(
  marked: string,
  plain: string,
  { fields }: ConflictRecord,
  merged: Uint8Array | undefined,
  kind: Parameters<typeof editMarkdown>[2],
): Uint8Array {
  const bytes = new TextEncoder().encode(plain);
  const [ours, theirs, now] = [
    fieldsOf(pickMarked(marked, () => "ours")),
    fieldsOf(pickMarked(marked, () => "theirs")),
    fieldsOf(plain),
  ];
  const wanted = merged && fieldsOf(new TextDecoder().decode(merged));
  if (!ours || !theirs || !now || !wanted) return bytes;
  const set = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
    .filter((field) => !fields.includes(field) && !equalValues(ours[field] ?? null, theirs[field] ?? null))
    .filter((field) => !equalValues(now[field] ?? null, wanted[field] ?? null))
    .map((field) => [field, wanted[field] ?? null] as const);
  return set.length === 0 ? bytes : editMarkdown(bytes, { set: Object.fromEntries(set) }, kind);
}

/** Both sides of a file with conflict markers, each as if it held everywhere; what stands beside a field is in theirs. */
export function markedSides(bytes: Uint8Array): { readonly ours: Uint8Array; readonly theirs: Uint8Array } {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const end = bodyStart(text);
  const beside = text
    .slice(0, end)
    .split("\n")
    .filter((line) => BESIDE.test(line));
  const said = beside
    .map((line) => parseYaml(line.replace(BESIDE, "")))
    .map((read) => ("value" in read ? read.value : {}));
  const [ours, theirs] = (["ours", "theirs"] as const).map((side) =>
    new TextEncoder().encode(
      withoutBeside(
        pickMarked(text, () => side),
        false,
      ),
    ),
  );
  const set: Record<string, unknown> = Object.assign({}, ...said);
  const other = fieldsOf(new TextDecoder().decode(theirs)) ? editMarkdown(theirs!, { set }, "memory") : theirs!;
  return { ours: ours!, theirs: beside.length === 0 ? theirs! : other };
}

import { equalValues } from "./equal-values.js";
import { normalTag } from "./normal-tags.js";

/** A field's value after a merge; undefined = the field is not there. `contested`: both sides changed it differently, and the first one's stays. */
export interface MergedValue {
  readonly value: unknown;
  readonly contested: boolean;
}

type Plain = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value);
const isScalar = (value: unknown): boolean => typeof value !== "object" || value === null;
const own = (map: Plain, key: string): unknown => (Object.hasOwn(map, key) ? map[key] : undefined);

/** What tells the items of a list apart, where a list is merged item by item. */
type KeyOf = (item: unknown) => string | undefined;

const whole: KeyOf = (item) => JSON.stringify(item) ?? "null";
const byKeys =
  (...keys: readonly string[]): KeyOf =>
  (item) => {
    const parts = isMap(item) ? keys.map((key) => own(item, key)) : [];
    return parts.length > 0 && parts.every((part) => typeof part === "string") ? JSON.stringify(parts) : undefined;
  };

/** Lists of maps that are sets: by type and target, by entry, or each item as a whole. */
const KEYED: ReadonlyMap<string, KeyOf> = new Map([
  ["relations", byKeys("type", "target")],
  ["working_set", byKeys("entry")],
  ["outcomes", whole],
  ["tags", (item) => (typeof item === "string" ? normalTag(item) : undefined)],
]);

/**
 * The three-way merge of one field (DESIGN 4.4): lists of scalars and the keyed lists are sets, maps are merged key by key,
 * everything else is one value. `first` is the side that is preferred where both changed it.
 */
export function mergeValue(field: string, base: unknown, first: unknown, second: unknown): MergedValue {
  if (equalValues(first, second) || equalValues(base, second)) return { value: first, contested: false };
  if (equalValues(base, first)) return { value: second, contested: false };
  const sides = [base, first, second];
  const there = sides.filter((side) => side !== undefined && side !== null);
  if (there.every(Array.isArray)) {
    const keyOf = KEYED.get(field) ?? ((item) => (isScalar(item) ? whole(item) : undefined));
    const keyed = (sides as (unknown[] | undefined)[]).map((side) => keyedItems(side ?? [], keyOf));
    if (keyed.every((side) => side !== undefined)) return mergeSets(keyed[0]!, keyed[1]!, keyed[2]!);
  }
  // A map that one side took away is not taken apart: what is left of it would be nobody's.
  if (isMap(first) && isMap(second)) return mergeMaps(isMap(base) ? base : {}, first, second);
  return { value: first, contested: true };
}

/** Items by key, undefined when one has none; of two with one key the later one counts. */
function keyedItems(items: readonly unknown[], keyOf: KeyOf): Map<string, unknown> | undefined {
  const found = new Map<string, unknown>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) return undefined;
    found.set(key, item);
  }
  return found;
}

type Items = ReadonlyMap<string, unknown>;

/** The first side's order, then what the second has besides. */
function mergeSets(base: Items, first: Items, second: Items): MergedValue {
  const items: unknown[] = [];
  let contested = false;
  for (const key of new Set([...first.keys(), ...second.keys()])) {
    const merged = mergeValue("", base.get(key), first.get(key), second.get(key));
    // An item that one side took away goes, unless the other changed it.
    const item = merged.contested ? (merged.value ?? second.get(key)) : merged.value;
    if (item !== undefined) items.push(item);
    contested ||= merged.contested;
  }
  return { value: items.length === 0 ? undefined : items, contested };
}

/** Both maps' keys merged one by one, in the first side's order; a field that is contested stays the first side's. */
function mergeMaps(base: Plain, first: Plain, second: Plain): MergedValue {
  const { fields, contested } = mergeFields(base, first, second);
  const entries = Object.entries(fields);
  return { value: entries.length === 0 ? undefined : fields, contested: contested.length > 0 };
}

/** The same with the names of the fields that are contested. */
export function mergeFields(
  base: Plain,
  first: Plain,
  second: Plain,
): { readonly fields: Plain; readonly contested: readonly string[] } {
  const fields: [string, unknown][] = [];
  const contested: string[] = [];
  for (const key of new Set([...Object.keys(first), ...Object.keys(second)])) {
    const merged = mergeValue(key, own(base, key), own(first, key), own(second, key));
    if (merged.value !== undefined) fields.push([key, merged.value]);
    if (merged.contested) contested.push(key);
  }
  return { fields: Object.fromEntries(fields), contested };
}

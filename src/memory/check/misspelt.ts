import type { Entry } from "../../entry/entry.js";
import { FIELD_NAMES } from "../../entry/fields.js";
import { withinEdits } from "../../search/edit-distance.js";
import { mendedValue } from "./mend-value.js";

/** Names of so many letters may have two slips; in a shorter one they make another word. */
const LONG = 7;

/**
 * The unknown keys of an entry that look like one of its kind's fields that is absent, with that field. A short name has to hold a
 * value that the field could have, too: `date` in a pattern is no `data`.
 */
export function misspeltKeys(entry: Pick<Entry, "kind" | "fields" | "unknown">): Map<string, string> {
  const absent = FIELD_NAMES(entry.kind).filter((field) => !(field in entry.fields) && !(field in entry.unknown));
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(entry.unknown)) {
    if (FIELD_NAMES(entry.kind).includes(key)) continue;
    const near = (limit: number) =>
      absent.filter(
        (field) =>
          field.length > 2 &&
          withinEdits(key.toLowerCase(), field, limit) &&
          (field.length >= LONG || (limit === 1 && mendedValue(entry.kind, field, value) !== undefined)),
      );
    const one = near(1);
    const candidates = one.length > 0 ? one : near(2);
    if (candidates.length === 1) found.set(key, candidates[0]!);
  }
  // Two keys that look like one field: nobody can say which it is.
  const times = (field: string) => [...found.values()].filter((other) => other === field).length;
  return new Map([...found].filter(([, field]) => times(field) === 1));
}

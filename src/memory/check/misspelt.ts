import { FIELD_NAMES, type FileKind, type ReadFields } from "../../entry/fields.js";
import { withinEdits } from "../../search/edit-distance.js";
import { mendedValue } from "./mend-value.js";

/** Names of so many letters may have two slips; in a shorter one they make another word. */
const LONG = 7;

/**
 * The unknown keys of a file that look like one of its kind's fields that is absent, with that field. A short name has to hold a
 * value that the field could have, too: `date` in a pattern is no `data`.
 */
export function misspeltKeys(
  kind: FileKind,
  { fields, unknown }: Pick<ReadFields<object>, "fields" | "unknown">,
): Map<string, string> {
  const absent = FIELD_NAMES(kind).filter((field) => !(field in fields) && !(field in unknown));
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(unknown)) {
    if (FIELD_NAMES(kind).includes(key)) continue;
    const near = (limit: number) =>
      absent.filter(
        (field) =>
          field.length > 2 &&
          withinEdits(key.toLowerCase(), field, limit) &&
          (field.length >= LONG || (limit === 1 && mendedValue(kind, field, value) !== undefined)),
      );
    const one = near(1);
    const candidates = one.length > 0 ? one : near(2);
    if (candidates.length === 1) found.set(key, candidates[0]!);
  }
  // Two keys that look like one field: nobody can say which it is.
  const times = (field: string) => [...found.values()].filter((other) => other === field).length;
  return new Map([...found].filter(([, field]) => times(field) === 1));
}

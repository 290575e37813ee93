import { type Categorised, categorise, type Words } from "../entry/categorise.js";
import type { Edit } from "./edits.js";
import type { Memory } from "./memory.js";

/** What is filled in from an entry's own words, and what the answer says of it. */
export interface FilledIn {
  readonly set: Readonly<Record<string, string>>;
  readonly told: Pick<Edit, "categorised">;
}

const NOTHING: FilledIn = { set: {}, told: {} };

/** Category and topic for an entry that has none and whose writer says nothing of them; never instead of what is there. */
export function fillIn(memory: Memory, words: Words, given: Readonly<Record<string, unknown>>): FilledIn {
  const wanted = (["category", "topic"] as const).filter((field) => !(field in given));
  if (wanted.length === 0 || !memory.settings.auto_categorization_enabled.value) return NOTHING;
  const categorised: Categorised | undefined = categorise(words, wanted);
  if (!categorised) return NOTHING;
  const { because: _why, ...set } = categorised;
  return { set, told: { categorised } };
}

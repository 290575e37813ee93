import fc from "fast-check";
import { editEntry } from "../../src/entry/markdown.js";
import { AT } from "./fixtures.js";

const word = fc.constantFrom("alpha", "beta", "gamma", "delta", "x: y", "é", "- a", "#", "");
const tags = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 4 });
const relation = fc.record({
  type: fc.constantFrom("depends_on", "related_to"),
  target: fc.constantFrom("memories/x", "guidelines/y"),
  note: fc.option(fc.constantFrom("n1", "n2"), { nil: undefined }),
});
const fieldsOf = fc.record(
  {
    title: fc.constantFrom("One", "Two", "Three"),
    summary: fc.constantFrom("s1", "s2"),
    tags,
    importance: fc.constantFrom(0.1, 0.5, 0.9),
    relations: fc.uniqueArray(relation, { selector: (one) => `${one.type} ${one.target}`, maxLength: 3 }),
    own: fc.dictionary(fc.constantFrom("k", "l", "m"), fc.constantFrom(1, 2, "three"), { maxKeys: 3 }),
    status: fc.constant("archived"),
  },
  { requiredKeys: [] },
);
const clean = (fields: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(fields)) as Record<string, unknown>;
const body = fc.array(word, { maxLength: 8 }).map((lines) => lines.join("\n"));
/** Files of entries. */
export const files = fc.record({ fields: fieldsOf, body }).map(({ fields, body: content }) => {
  return editEntry(null, { set: clean(fields), content }, AT);
});
/** A side that is an edit of the base, as sides of a merge are, or something else altogether. */
const versions = files.chain((base) =>
  fc.record({ fields: fieldsOf, body: fc.option(body, { nil: undefined }) }).map(({ fields, body: content }) => ({
    base,
    side: editEntry(base, { set: clean(fields), ...(content === undefined ? {} : { content }) }, AT),
  })),
);
/** A base and two edits of it. */
export const sidesOf = fc
  .tuple(versions, fieldsOf, fc.option(body, { nil: undefined }))
  .map(([{ base, side }, fields, content]): { base: Uint8Array; ours: Uint8Array; theirs: Uint8Array } => ({
    base,
    ours: side,
    theirs: editEntry(base, { set: clean(fields), ...(content === undefined ? {} : { content }) }, AT),
  }));

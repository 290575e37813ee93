import fc from "fast-check";

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
const entry = fc.record({ command: word, args: fc.array(fc.string(), { maxLength: 3 }) });
const servers = fc.dictionary(
  word.filter((name) => name !== "git-memory"),
  entry,
  { minKeys: 1, maxKeys: 3 },
);
const rest = fc.dictionary(word, fc.oneof(leaf, fc.dictionary(word, leaf, { minKeys: 1, maxKeys: 3 })), { maxKeys: 3 });

interface Style {
  readonly unit: string;
  readonly crlf: boolean;
  readonly bom: boolean;
  readonly end: string;
  readonly comments: readonly boolean[];
  readonly trailing: boolean;
}

const style: fc.Arbitrary<Style> = fc.record({
  unit: fc.constantFrom("", "  ", "    ", "\t"),
  crlf: fc.boolean(),
  bom: fc.boolean(),
  end: fc.constantFrom("", "\n", "\n\n"),
  comments: fc.array(fc.boolean(), { maxLength: 20 }),
  trailing: fc.boolean(),
});

function write(value: unknown, { unit, crlf, bom, end, comments, trailing }: Style): string {
  let text = JSON.stringify(value, null, unit);
  if (unit !== "" && trailing) text = text.replace(/([^[{,\s])(\n\s*[}\]])/g, "$1,$2");
  if (unit !== "")
    text = text
      .split("\n")
      .map((line, at) => (comments[at] ? `${line} // about "this", {and} that` : line))
      .join("\n");
  return (bom ? "\uFEFF" : "") + (crlf ? (text + end).replaceAll("\n", "\r\n") : text + end);
}

/** A person's settings with servers of theirs, or none, under `key`: the value and one way to write it. */
export const settingsTexts = (
  key: string,
): fc.Arbitrary<{ readonly value: Record<string, unknown>; readonly text: string }> =>
  fc.record({ rest, servers: fc.option(servers, { nil: undefined }), first: fc.boolean(), style }).map((given) => {
    const { [key]: _taken, ...others } = given.rest;
    const own = given.servers === undefined ? {} : { [key]: given.servers };
    const joined = given.first ? { ...own, ...others } : { ...others, ...own };
    // An object without any key is no file of a person's.
    const value = Object.keys(joined).length > 0 ? joined : { theme: "dark" };
    return { value, text: write(value, given.style) };
  });

import { decodeText } from "../../entry/entry-file.js";
import type { ManifestProblem } from "../../entry/manifest-problem.js";
import { readStores } from "../../entry/named-stores.js";
import { readPerson } from "../../entry/person.js";
import { parseYaml } from "../../entry/yaml.js";

interface ManifestFinding {
  readonly line: number;
  readonly message: string;
}

/** What only a person's own manifest says: wrong there, it counts as not said, and elsewhere it counts for nothing. */
export function manifestFindings(bytes: Uint8Array, own: boolean): ManifestFinding[] {
  const decoded = decodeText(bytes);
  const map = decoded.kind === "text" ? parseYaml(decoded.text.replace(/^\uFEFF/, "")) : undefined;
  // A manifest that cannot be read has opened no store.
  if (map?.kind !== "map") return [];
  const { person, stores } = map.value;
  const of = (key: string, messages: readonly string[]): ManifestFinding[] =>
    messages.map((message) => ({ line: map.lineOf(key) ?? 1, message }));
  const told = ({ field, message }: ManifestProblem): string => `${field} ${message}`;
  if (own)
    return [
      ...of("person", readPerson(person).problems.map(told)),
      ...of("stores", readStores(stores).problems.map(told)),
    ];
  return ["person", "stores"]
    .filter((key) => key in map.value)
    .flatMap((key) => of(key, [`${key} counts in a person's own memory.yaml only; here it is ignored`]));
}

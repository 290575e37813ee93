import { parseRef } from "./address.js";
import { KIND_FOLDERS } from "./kinds.js";

/** The types that every reader knows; any other word is a type too. */
export const RELATION_TYPES = [
  "applies_to",
  "depends_on",
  "conflicts_with",
  "related_to",
  "builds_on",
  "contradicts",
  "resolves",
  "supersedes",
  "demonstrates",
  "validates",
] as const;

/** The type that says that two entries have nothing to do with each other: nothing walks along it or suggests the two again. */
export const UNRELATED = "unrelated_to";

/** How a type's word is read; `inverse` = the relation leads from its target to the entry whose file holds it. */
export interface ReadType {
  readonly type: string;
  readonly inverse: boolean;
}

const TWINS: ReadonlyMap<string, ReadType> = new Map([
  ["relates_to", { type: "related_to", inverse: false }],
  ["resolved_by", { type: "resolves", inverse: true }],
]);

/** What a type's word means: letter case does not count, and some words are another one's twin. */
export function readType(word: string): ReadType {
  const type = word.trim().toLowerCase();
  return TWINS.get(type) ?? { type, inverse: false };
}

/** A word that is read as this. */
export function wordOf({ type, inverse }: ReadType): string {
  if (!inverse) return type;
  for (const [word, read] of TWINS) if (read.inverse && read.type === type) return word;
  throw new RangeError(`No word is read as the inverse of ${type}.`);
}

/**
 * The address that a relation's target means in the file of an entry of `scope`, with its canonical scope, such as
 * `project/api:guidelines/x`, or `org/acme:` for a scope document; undefined for a text that is no address.
 */
export function targetAddress(target: string, scope: string): string | undefined {
  // Ids and names are refs too, and cost an exception each: only what looks like an address is read as one.
  if (!target.includes("/") && !target.includes(":")) return undefined;
  try {
    const ref = parseRef(target);
    if (ref.type === "scope-document") return `${ref.scope}:`;
    return ref.type === "address" ? `${ref.scope ?? scope}:${KIND_FOLDERS[ref.kind]}/${ref.name}` : undefined;
  } catch {
    return undefined;
  }
}

/** An address with its scope as it is written where `scope` goes without saying. */
export function shortIn(scope: string, address: string): string {
  const local = address.slice(scope.length + 1);
  return address.startsWith(`${scope}:`) && local !== "" ? local : address;
}

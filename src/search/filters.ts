import { matchesAny } from "../entry/globs.js";
import { DEFAULTS, type Indexed } from "./indexed.js";
import type { SearchRequest } from "./search-request.js";

/** One condition on the filter columns, in the words of the engine. */
export type Condition =
  | { category: { eq: string } }
  | { author: { eq: string } }
  | { tags: { containsAny: string[] } }
  | { tags: { containsAll: string[] } };

/**
 * What the engine decides: what few entries pass, so that only those are scored. It makes a set of all that pass, which
 * takes longer than to look at each candidate where these are most (a kind, a scope, a range).
 */
export function conditionsOf(request: SearchRequest): Condition[] {
  const found: Condition[] = [];
  if (request.category !== undefined) found.push({ category: { eq: request.category } });
  if (request.author !== undefined) found.push({ author: { eq: request.author } });
  if (request.tags_any?.length) found.push({ tags: { containsAny: lower(request.tags_any) } });
  if (request.tags_all?.length) found.push({ tags: { containsAll: lower(request.tags_all) } });
  return found;
}

/** The test for what `conditionsOf` leaves open; undefined when that is nothing. */
export function exactly(request: SearchRequest): ((entry: Indexed) => boolean) | undefined {
  const tests: ((entry: Indexed) => boolean)[] = [];
  const none = new Set(lower(request.tags_none ?? []));
  const { kinds, scopes } = request;
  if (kinds?.length) tests.push((entry) => kinds.includes(entry.kind));
  if (scopes !== undefined) {
    const wanted = new Set(scopes);
    tests.push((entry) => wanted.has(entry.scope));
  }
  for (const rated of ["importance", "priority", "confidence"] as const) {
    const least = request[`min_${rated}`];
    if (least !== undefined) tests.push((entry) => (entry[rated] ?? DEFAULTS[rated]) >= least);
  }
  if (none.size > 0) tests.push((entry) => !entry.tags.some((tag) => none.has(tag)));
  addRange(tests, (entry) => entry.createdAt, request.created_after, request.created_before);
  addRange(tests, (entry) => entry.updatedAt, request.updated_after, request.updated_before);
  const { paths, stores } = request;
  if (stores !== undefined) tests.push((entry) => stores.includes(entry.store));
  if (paths?.length) tests.push((entry) => covers(entry, paths));
  const [first, second] = tests;
  return second === undefined ? first : (entry) => tests.every((test) => test(entry));
}

function addRange(
  tests: ((entry: Indexed) => boolean)[],
  time: (entry: Indexed) => number | undefined,
  after: number | undefined,
  before: number | undefined,
): void {
  if (after !== undefined) tests.push((entry) => (time(entry) ?? Number.NEGATIVE_INFINITY) >= after);
  if (before !== undefined) tests.push((entry) => (time(entry) ?? Number.POSITIVE_INFINITY) < before);
}

/** Whether `applies_to` or `files` covers one of these files of the code repository. */
export function covers(entry: Indexed, paths: readonly string[]): boolean {
  if (entry.applies_to === undefined && entry.files === undefined) return false;
  return paths.some((path) => coversOne(entry, path.replace(/^\.\//, "")));
}

/** `files` names a file or folder, with or without lines (`src/a.ts#L10-L20`). */
function coversOne(entry: Indexed, path: string): boolean {
  if (entry.applies_to !== undefined && matchesAny(entry.applies_to, path)) return true;
  return (entry.files ?? []).some((file) => {
    const plain = file.replace(/#.*$/, "").replace(/^\.\/|\/$/g, "");
    return plain !== "" && (path === plain || path.startsWith(`${plain}/`));
  });
}

function lower(tags: readonly string[]): string[] {
  return tags.map((tag) => tag.toLowerCase());
}

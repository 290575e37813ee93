import { matchesAny } from "../entry/globs.js";
import { DEFAULTS, type Indexed } from "./indexed.js";
import type { SearchRequest } from "./search-request.js";

const DAY = 86_400_000;

type NumberRange = { gte: number } | { lt: number } | { lte: number };

type Rated = keyof typeof DEFAULTS;

/** One condition on the filter columns, in the words of the engine. */
export type Condition =
  | { kind: { in: string[] } }
  | { scope: { in: string[] } }
  | { category: { eq: string } }
  | { author: { eq: string } }
  | { tags: { containsAny: string[] } }
  | { tags: { containsAll: string[] } }
  | { [column in Rated]?: NumberRange }
  | { not: { [column in Rated]?: NumberRange } }
  | { createdDay: NumberRange }
  | { updatedDay: NumberRange };

/** The day number of a time in ms; columns hold days, since a column of distinct times takes more memory than the text. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY);
}

/** What the engine can decide; `exactly` decides the rest (times within their days, excluded tags, paths). */
export function conditionsOf(request: SearchRequest): Condition[] {
  const found: Condition[] = [];
  if (request.kinds?.length) found.push({ kind: { in: [...request.kinds] } });
  if (request.scopes !== undefined) found.push({ scope: { in: [...request.scopes] } });
  if (request.category !== undefined) found.push({ category: { eq: request.category } });
  if (request.author !== undefined) found.push({ author: { eq: request.author } });
  if (request.tags_any?.length) found.push({ tags: { containsAny: lower(request.tags_any) } });
  if (request.tags_all?.length) found.push({ tags: { containsAll: lower(request.tags_all) } });
  if (request.min_importance !== undefined) found.push(atLeast("importance", request.min_importance));
  if (request.min_priority !== undefined) found.push(atLeast("priority", request.min_priority));
  if (request.min_confidence !== undefined) found.push(atLeast("confidence", request.min_confidence));
  if (request.created_after !== undefined) found.push({ createdDay: { gte: dayOf(request.created_after) } });
  if (request.created_before !== undefined) found.push({ createdDay: { lte: dayOf(request.created_before) } });
  if (request.updated_after !== undefined) found.push({ updatedDay: { gte: dayOf(request.updated_after) } });
  if (request.updated_before !== undefined) found.push({ updatedDay: { lte: dayOf(request.updated_before) } });
  return found;
}

/** Defaults are not in the columns: an entry without a value passes by not being below. */
function atLeast(column: Rated, value: number): Condition {
  return DEFAULTS[column] >= value ? { not: { [column]: { lt: value } } } : { [column]: { gte: value } };
}

/** The test for what `conditionsOf` leaves open; undefined when that is nothing. */
export function exactly(request: SearchRequest): ((entry: Indexed) => boolean) | undefined {
  const tests: ((entry: Indexed) => boolean)[] = [];
  const none = new Set(lower(request.tags_none ?? []));
  if (none.size > 0) tests.push((entry) => !entry.tags.some((tag) => none.has(tag)));
  addRange(tests, (entry) => entry.createdAt, request.created_after, request.created_before);
  addRange(tests, (entry) => entry.updatedAt, request.updated_after, request.updated_before);
  const { paths, stores } = request;
  if (stores !== undefined) tests.push((entry) => stores.includes(entry.store));
  if (paths?.length) tests.push((entry) => covers(entry, paths));
  return tests.length === 0 ? undefined : (entry) => tests.every((test) => test(entry));
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

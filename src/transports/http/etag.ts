import { MemoryError } from "../../errors.js";

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const versionIn = (value: unknown): string | undefined =>
  isObject(value) && typeof value.version === "string" && value.version !== "" ? value.version : undefined;

/**
 * The ETag of an output: the `version` of what was written, or of the one entry that was read. None for an entry with
 * its history, which changes while the version stays.
 */
export function etagOf(output: unknown): string | undefined {
  if (!isObject(output)) return undefined;
  const { entries } = output;
  const [one, ...more] = Array.isArray(entries) ? (entries as unknown[]) : [output];
  const alone = more.length === 0 && output.missing === undefined && isObject(one) && typeof one.address === "string";
  const version = alone && one.history === undefined ? versionIn(one) : undefined;
  return version && `"${version}"`;
}

/** True when `If-None-Match` names this ETag (RFC 9110, 13.1.2: the weak comparison). */
export function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  const known = (ifNoneMatch ?? "").split(",").map((one) => one.trim().replace(/^W\//, ""));
  return known.includes(etag) || known.includes("*");
}

const invalid = (message: string): MemoryError => new MemoryError("invalid_input", message, { header: "if-match" });

/** What `If-Match` asks for: `*`, the version that has to be current, or undefined. Throws `invalid_input`. */
export function ifMatch(header: string | undefined): string | undefined {
  const text = header?.trim();
  if (text === undefined || text === "*") return text;
  if (text.startsWith("W/")) throw invalid("If-Match takes no weak tag: send the version in quotes, as ETag gave it.");
  const [, version] = /^"([0-9a-f]{40})"$/.exec(text) ?? [];
  if (version === undefined) throw invalid("If-Match takes one version in quotes, as ETag gave it, or a bare *.");
  return version;
}

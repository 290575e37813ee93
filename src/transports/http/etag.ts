import { MemoryError } from "../../errors.js";

/** The ETag of a version. */
export const etagOf = (version: string): string => `"${version}"`;

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

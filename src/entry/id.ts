/** The creation time that a UUID v7 (RFC 9562) carries, in milliseconds since 1970; undefined for any other id. */
export function creationTime(id: string | undefined): number | undefined {
  if (id === undefined || !/^[0-9a-f]{8}-[0-9a-f]{4}-7/i.test(id)) return undefined;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The three lines that git leaves around two versions of a text, in their order (git-merge, "How conflicts are presented"). */
const MARKERS = [/^<<<<<<< /, /^=======\r?$/, /^>>>>>>> /] as const;

/** The line (from 1) of the first conflict marker of a text that has all three of a set, one after the other. */
export function firstMarkerLine(text: string): number | undefined {
  // Most texts have none: this look costs next to nothing.
  if (!text.includes("<<<<<<< ")) return undefined;
  let first: number | undefined;
  let wanted = 0;
  for (const [at, line] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (MARKERS[0].test(line)) {
      first = at + 1;
      wanted = 1;
    } else if (wanted > 0 && MARKERS[wanted]!.test(line)) {
      wanted += 1;
      if (wanted === MARKERS.length) return first;
    }
  }
  return undefined;
}

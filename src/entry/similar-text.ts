/** A text in the form in which only its words count: Unicode NFC, every run of white space one space, none at the ends. */
export function foldText(text: string): string {
  return text.normalize("NFC").replace(/\s+/g, " ").trim();
}

/** True for two texts that are the same but for white space. */
export function sameText(a: string, b: string): boolean {
  return a === b || foldText(a) === foldText(b);
}

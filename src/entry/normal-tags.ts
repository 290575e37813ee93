/** Tags in lower case (Unicode NFC), trimmed, each once, in their order; anything but a list of texts comes back as it is. */
export function normaliseTags<T>(tags: T): T | string[] {
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string")) return tags;
  return [...new Set(tags.map((tag: string) => tag.normalize("NFC").trim().toLowerCase()))];
}

/** One tag as `tagName` gives it, unchecked. */
export function normalTag(text: string): string {
  return normaliseTags([text])[0] ?? "";
}

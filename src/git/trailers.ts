/** A commit message in its parts: subject line, body and the `Key: value` lines at its end (git-interpret-trailers). */
export interface Message {
  readonly subject: string;
  readonly body?: string;
  readonly trailers: readonly (readonly [key: string, value: string])[];
}

const TRAILER = /^([A-Za-z][A-Za-z0-9-]*): (.*)$/;
const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** Puts a message together; nothing in subject or values can start a line of its own. */
export function formatMessage({ subject, body, trailers }: Message): string {
  // A body whose last paragraph looks like trailers would be read as such: the block after it comes last, so it cannot.
  const block = trailers.map(([key, value]) => `${key}: ${oneLine(value)}`).join("\n");
  return [oneLine(subject), body?.trim(), block].filter((part) => part).join("\n\n");
}

/** Reads what `formatMessage` writes; a message without trailers has none. */
export function parseMessage(text: string): Message {
  const paragraphs = text.trim().split(/\n\n+/);
  const last = paragraphs.length > 1 ? paragraphs.at(-1)!.split("\n") : [];
  const trailers = last.every((line) => TRAILER.test(line))
    ? last.map((line) => TRAILER.exec(line)!).map((match) => [match[1]!, match[2]!] as const)
    : [];
  const body = (trailers.length > 0 ? paragraphs.slice(1, -1) : paragraphs.slice(1)).join("\n\n");
  return { subject: paragraphs[0] ?? "", ...(body ? { body } : {}), trailers };
}

/** The first value of a trailer. */
export const trailer = (message: Message, key: string): string | undefined =>
  message.trailers.find(([name]) => name === key)?.[1];

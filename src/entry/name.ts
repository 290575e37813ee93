import { MemoryError } from "../errors.js";

/** Bytes (UTF-8) that one segment of a name made by us may have. */
const MADE_SEGMENT_BYTES = 80;
/** Bytes (UTF-8) that one path segment may have on the usual file systems. */
const SEGMENT_BYTES = 255;
const NAME_BYTES = 1024;

const utf8 = new TextEncoder();
// Device names of Windows; they are reserved with any extension too.
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const NOT_ON_WINDOWS = /[<>:"|?*]/;

/**
 * A file name from a title: lower case, letters, digits and `_` of any script, everything else one `-`, at most 80 bytes.
 * Undefined when nothing is left; the caller then makes `entry-<8 hex of the id>`.
 */
export function nameFromTitle(title: string): string | undefined {
  const words = title.toLowerCase().normalize("NFC");
  const name = cutBytes(words.replace(/[^\p{L}\p{M}\p{N}_]+/gu, "-").replace(/^-/, ""), MADE_SEGMENT_BYTES);
  const trimmed = name.replace(/-$/, "");
  if (trimmed === "") return undefined;
  return WINDOWS_DEVICE.test(trimmed) ? `${trimmed}-entry` : trimmed;
}

/** The longest beginning of `text` that has at most `bytes` bytes in UTF-8 and ends at a code point. */
function cutBytes(text: string, bytes: number): string {
  if (text.length * 3 <= bytes) return text;
  const { read } = utf8.encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}

/** True for a text of more bytes than that in UTF-8; a character has three at most, so that few have to be counted. */
const isLonger = (text: string, bytes: number): boolean => text.length * 3 > bytes && utf8.encode(text).length > bytes;

/** Why `name` (path below a kind folder, `/` between segments) cannot be read safely, or undefined when it can. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (LONE_SURROGATE.test(name)) return "it is not valid Unicode";
  if (CONTROL.test(name)) return "it holds a control character";
  if (name.includes("\\")) return "it holds a backslash";
  if (name.startsWith("/")) return "it starts with /";
  if (isLonger(name, NAME_BYTES)) return `it is longer than ${NAME_BYTES} bytes`;
  for (const segment of name.split("/")) {
    if (segment === "") return "it has an empty segment";
    if (segment === "." || segment === "..") return `it has a segment "${segment}"`;
    if (segment.startsWith(".")) return "a segment starts with a dot";
    // `.md` is added to the last one; the same bound for all keeps the rule sayable.
    if (isLonger(segment, SEGMENT_BYTES - 3)) return `a segment is longer than ${SEGMENT_BYTES - 3} bytes`;
  }
  return undefined;
}

/** Refuses (`invalid_input`) a name that a caller gives for a new or moved entry: unsafe, or unusable in a checkout on another system. */
export function checkName(name: string): void {
  const problem = nameProblem(name) ?? writeProblem(name);
  if (problem !== undefined) {
    throw new MemoryError(
      "invalid_input",
      `This name cannot be used: ${problem}. Give a path such as "db/use-postgres".`,
      {
        field: "name",
      },
    );
  }
}

function writeProblem(name: string): string | undefined {
  if (NOT_ON_WINDOWS.test(name)) return 'it holds one of < > : " | ? *, which Windows cannot check out';
  for (const segment of name.split("/")) {
    if (/\.(?:md|lock)$/i.test(segment)) return "a segment ends with .md or .lock (leave .md off)";
    if (/[. ]$/.test(segment) || segment.startsWith(" "))
      return "a segment starts with a space, or ends with a dot or space";
    if (segment.startsWith("-")) return "a segment starts with -, which commands take for an option";
    if (WINDOWS_DEVICE.test(segment)) return "a segment is a device name on Windows";
  }
  return undefined;
}

/** The key under which names count as the same: Unicode NFC and full case folding; two names with one key collide on some file systems. */
export function foldName(name: string): string {
  // By way of capitals ß meets ss and both sigmas meet; small letters first, since capital ẞ stays itself.
  return name.normalize("NFD").toLowerCase().toUpperCase().toLowerCase().normalize("NFC");
}

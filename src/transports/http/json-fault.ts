const SPACE = new Set([" ", "\t", "\n", "\r"]);
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The end of the string that begins at `from`, or the place of its fault as a negative number less one. */
function stringEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '"') return at + 1;
    if (text.charCodeAt(at) < 0x20) return -at - 1;
    if (text[at] !== "\\") continue;
    ESCAPE.lastIndex = at;
    if (!ESCAPE.test(text)) return -at - 1;
    at = ESCAPE.lastIndex - 1;
  }
  return -text.length - 1;
}

/** Offset of the first character at which a text stops being JSON (RFC 8259); its length when it only ends too early. */
export function jsonFault(text: string): number {
  const open: string[] = [];
  let want: "value" | "key" | "colon" | "more" = "value";
  // Directly after an opening bracket the closing one may follow.
  let fresh = false;
  for (let at = 0; ; ) {
    while (SPACE.has(text[at] ?? "")) at++;
    const sign = text[at];
    if (sign === undefined) return at;
    const inside = open.at(-1);
    const closes = sign === (inside === "{" ? "}" : inside === "[" ? "]" : undefined);
    if (closes && (want === "more" || fresh)) {
      open.pop();
      want = "more";
      at++;
    } else if (want === "more") {
      if (inside === undefined || sign !== ",") return at;
      want = inside === "{" ? "key" : "value";
      at++;
    } else if (want === "colon") {
      if (sign !== ":") return at;
      want = "value";
      at++;
    } else if (sign === '"') {
      const end = stringEnd(text, at);
      if (end < 0) return -end - 1;
      want = want === "key" ? "colon" : "more";
      at = end;
    } else if (want === "key") return at;
    else if (sign === "{" || sign === "[") {
      open.push(sign);
      want = sign === "{" ? "key" : "value";
      at++;
      fresh = true;
      continue;
    } else {
      SCALAR.lastIndex = at;
      if (!SCALAR.test(text)) return at;
      at = SCALAR.lastIndex;
      want = "more";
    }
    fresh = false;
  }
}

/** How deep lists and objects lie in each other in a JSON text. */
export function jsonDepth(text: string): number {
  let [depth, deepest, quoted] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted && sign === "\\") at++;
    else if (sign === '"') quoted = !quoted;
    else if (!quoted && (sign === "{" || sign === "[")) deepest = Math.max(deepest, ++depth);
    else if (!quoted && (sign === "}" || sign === "]")) depth--;
  }
  return deepest;
}

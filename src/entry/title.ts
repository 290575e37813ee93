const TITLE_CHARACTERS = 200;
const ATX = /^ {0,3}#{1,6}[ \t]+(\S.*)$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** The title of an entry without one: the first heading of its body (CommonMark, `#` or `===`, not in a code fence), else the last segment of its name. */
export function titleOf(body: string, name: string): string {
  return firstHeading(body) ?? cut(name.slice(name.lastIndexOf("/") + 1));
}

function firstHeading(body: string): string | undefined {
  let fence: string | undefined;
  let previous = "";
  for (let at = 0; at < body.length; ) {
    const next = body.indexOf("\n", at);
    const end = next === -1 ? body.length : next;
    const line = body.slice(at, end);
    at = end + 1;
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === undefined) fence = mark;
      else if (mark.startsWith(fence) && line.trim() === mark) fence = undefined;
    } else if (fence === undefined) {
      const heading = ATX.exec(line)?.[1] ?? (/^ {0,3}=+[ \t]*$/.test(line) ? previous : "");
      const text = heading
        .trim()
        .replace(/(?:^|[ \t])#+$/, "")
        .trim();
      if (text !== "") return cut(text);
    }
    previous = mark === undefined ? line : "";
  }
  return undefined;
}

function cut(text: string): string {
  return text.length <= TITLE_CHARACTERS ? text : [...text].slice(0, TITLE_CHARACTERS).join("");
}

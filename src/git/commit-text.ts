/** Who and when, as a commit records it. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  /** Seconds since 1970. */
  readonly seconds: number;
  /** Minutes east of UTC. */
  readonly offset: number;
}

export interface Commit {
  readonly oid: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

// git drops these at the ends of names and e-mail addresses (ident.c, "crud").
const clean = (text: string): string => text.replace(/[\0\n\r<>]/g, " ").replace(/^[\s.,:;"'\\]+|[\s.,:;"'\\]+$/g, "");

function zone(offset: number): string {
  const minutes = Math.abs(offset);
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}${pad(minutes % 60)}`;
}

/** `Name <email> seconds +zone`, cleaned as git does, so that `git fsck` accepts it. */
export const signatureText = (who: Signature): string =>
  `${clean(who.name) || "unknown"} <${clean(who.email)}> ${Math.floor(who.seconds)} ${zone(who.offset)}`;

/** Reads what `signatureText` writes; a damaged one gives an unknown author at time 0. */
export function parseSignature(text: string): Signature {
  const match = /^(.*?)\s*<([^>]*)>\s*(\d+)?\s*([+-]\d{4})?/.exec(text);
  const [, name = "unknown", email = "", seconds = "0", at = "+0000"] = match ?? [];
  const minutes = Number(at.slice(1, 3)) * 60 + Number(at.slice(3, 5));
  return {
    name,
    email,
    seconds: Number(seconds),
    offset: at.startsWith("-") ? -minutes : minutes,
  };
}

/** The text of a commit object. */
export function commitText(commit: Omit<Commit, "oid">): string {
  const parents = commit.parents.map((parent) => `parent ${parent}\n`).join("");
  const message = commit.message.replaceAll("\0", "").trimEnd();
  return `tree ${commit.tree}\n${parents}author ${signatureText(commit.author)}\ncommitter ${signatureText(commit.committer)}\n\n${message}\n`;
}

/** Reads a commit object's text; unknown headers (signatures, encodings) are passed over. */
export function parseCommit(oid: string, text: string): Commit {
  const split = text.indexOf("\n\n");
  const headers = (split < 0 ? text : text.slice(0, split)).split("\n");
  const values = (name: string) =>
    headers.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  return {
    oid,
    tree: values("tree")[0] ?? "",
    parents: values("parent"),
    author: parseSignature(values("author")[0] ?? ""),
    committer: parseSignature(values("committer")[0] ?? ""),
    message: split < 0 ? "" : text.slice(split + 2),
  };
}

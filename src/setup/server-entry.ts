import { majorOf, type ServerEntry } from "./clients.js";

/** What stands under our key in a host's configuration. */
export type JudgedServer =
  | { readonly kind: "absent" }
  | { readonly kind: "current" }
  /** Ours, of another version: `set` are the fields that bring it up to date. */
  | { readonly kind: "outdated"; readonly was: string; readonly set: ServerEntry }
  /** Ours, started by a path of this machine. */
  | { readonly kind: "path"; readonly path: string }
  /** Something else that a person put under our key. */
  | { readonly kind: "foreign"; readonly command: string };

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];

const isAbsolute = (word: string): boolean => /^(?:[/~]|[A-Za-z]:[\\/])/.test(word);

/** Compares the entry under our key with what this version would write; whatever a person added to it counts as theirs. */
export function judgeServer(entry: unknown, version: string): JudgedServer {
  if (entry === undefined) return { kind: "absent" };
  const { command, args } = (typeof entry === "object" && entry !== null ? entry : {}) as Record<string, unknown>;
  const listed = Array.isArray(command);
  const words = listed ? texts(command) : [...(typeof command === "string" ? [command] : []), ...texts(args)];
  const shown = words.join(" ");
  const at = words.findIndex((word) => /^git-memory(?:@.*)?$/.test(word));
  const path = words.find((word) => isAbsolute(word) && /git-memory/.test(word));
  if (path !== undefined) return { kind: "path", path };
  if (at < 0 || !words.slice(at + 1).includes("mcp")) return { kind: "foreign", command: shown || "no command" };
  const wanted = `git-memory@${majorOf(version)}`;
  const word = words[at]!;
  // Installed as a program, which updates as any other.
  if (at === 0 && word === "git-memory") return { kind: "current" };
  if (word === wanted || word.startsWith(`${wanted}.`)) return { kind: "current" };
  const all = words.with(at, wanted);
  return { kind: "outdated", was: word, set: listed ? { command: all } : { args: all.slice(1) } };
}

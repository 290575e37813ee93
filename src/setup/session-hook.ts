import type { Client } from "./clients.js";
import { hookCommand } from "./clients.js";
import { type JsonPath, removeJson, setJson } from "./jsonc-edit.js";

/** Seconds that a host gives the hook; npx may have to fetch the program first. */
const TIMEOUT = 15;

interface Place {
  readonly path: JsonPath;
  /** The group that holds nothing but our hook. */
  readonly group: JsonPath | undefined;
  readonly command: string;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const field = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;

/** Where our hooks are among a host's: those that run `context` of git-memory. */
function ourHooks(value: unknown, path: JsonPath): Place[] {
  const groups = listOf(path.reduce<unknown>((inner, step) => field(inner, step), value));
  return groups.flatMap((group, at) => {
    const hooks = listOf(field(group, "hooks"));
    return hooks.flatMap((hook, position) => {
      const command = field(hook, "command");
      if (typeof command !== "string" || !/\bgit[- ]memory(?:@\S+)?\s+context\b/.test(command)) return [];
      const alone = hooks.length === 1 ? [...path, at] : undefined;
      return [{ path: [...path, at, "hooks", position], group: alone, command }];
    });
  });
}

/** The text of a hook file with our session-start hook in it; the same text when it has it. Undefined: no place for it. */
export function putHook(text: string, value: unknown, client: Client, version: string): string | undefined {
  const hook = client.hook!;
  const command = hookCommand(version, hook);
  const [ours] = ourHooks(value, hook.path);
  if (ours?.command === command) return text;
  if (ours) return setJson(text, [...ours.path, "command"], command);
  const group = { matcher: hook.matcher, hooks: [{ type: "command", command, timeout: TIMEOUT }] };
  const there = hook.path.reduce<unknown>((inner, step) => field(inner, step), value);
  if (there !== undefined && !Array.isArray(there)) return undefined;
  return setJson(text, [...hook.path, "-"], group);
}

/** The text of a hook file without our hooks; the same text when it has none. */
export function removeHook(text: string, value: unknown, client: Client): string | undefined {
  const places = ourHooks(value, client.hook!.path);
  // From the last, so that positions stay what they are.
  return places.reduceRight<string | undefined>(
    (rest, { path, group }) => (rest === undefined ? undefined : removeJson(rest, group ?? path)),
    text,
  );
}

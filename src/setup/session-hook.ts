import { equalValues } from "../entry/equal-values.js";
import { hookCommand, type SessionHook } from "./clients.js";
import { type JsonPath, readJson, removeJson, setJson } from "./jsonc-edit.js";

interface Place {
  readonly path: JsonPath;
  readonly command: string;
  /** What is ours as a whole: the hook, or the group that holds nothing else. */
  readonly whole: JsonPath;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const field = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;

const at = (value: unknown, path: JsonPath): unknown => path.reduce<unknown>(field, value);

const isOurs = (command: unknown): command is string =>
  typeof command === "string" && /\bgit[- ]memory(?:@\S+)?\s+context\b/.test(command);

/** Where our hooks are among a host's: those that run `context` of git-memory. */
function ourHooks(value: unknown, { path, group }: SessionHook): Place[] {
  return listOf(at(value, path)).flatMap((item, position): Place[] => {
    const here = [...path, position];
    const hooks = group ? listOf(field(item, "hooks")) : [item];
    return hooks.flatMap((hook, inner) => {
      const command = field(hook, "command");
      if (!isOurs(command)) return [];
      const own = group ? [...here, "hooks", inner] : here;
      return [{ path: own, command, whole: hooks.length === 1 ? here : own }];
    });
  });
}

/** The text of a hook file with our session-start hook in it; the same text when it has it. Undefined: no place for it. */
export function putHook(text: string, value: unknown, hook: SessionHook, version: string): string | undefined {
  const command = hookCommand(version, hook);
  const [ours] = ourHooks(value, hook);
  if (ours?.command === command) return text;
  if (ours) return setJson(text, [...ours.path, "command"], command);
  const there = at(value, hook.path);
  if (there !== undefined && !Array.isArray(there)) return undefined;
  const entry = { ...hook.fields, command };
  const begun = Object.entries(hook.preset ?? {}).reduce<string | undefined>(
    (rest, [key, preset]) =>
      rest === undefined || field(value, key) !== undefined ? rest : setJson(rest, [key], preset),
    text,
  );
  const item = hook.group ? { ...hook.group, hooks: [entry] } : entry;
  return begun === undefined ? undefined : setJson(begun, [...hook.path, "-"], item);
}

/** The text of a hook file without our hooks; the same text when it has none, empty when it had nothing else. */
export function removeHook(text: string, value: unknown, hook: SessionHook): string | undefined {
  const places = ourHooks(value, hook);
  // From the last, so that positions stay what they are.
  const rest = places.reduceRight<string | undefined>(
    (left, { whole }) => (left === undefined ? undefined : removeJson(left, whole)),
    text,
  );
  if (rest === undefined || rest === text || hook.preset === undefined || /\/[/*]/.test(rest)) return rest;
  const left = readJson(rest);
  return left.kind === "value" && equalValues(left.value, hook.preset) ? "" : rest;
}

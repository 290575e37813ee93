import { formatAddress, parseRef } from "../../entry/address.js";
import { foldName } from "../../entry/name.js";
import type { Indexed } from "../../search/indexed.js";
import { activeSession, type Calling } from "./call-session.js";
import { entriesOf } from "./session-view.js";

/** Input fields that name entries, by what each holds: one ref, or a list. */
const REFS = ["ref", "refs", "target", "related_to"] as const;

type Input = Readonly<Record<string, unknown>>;

/**
 * An input with the refs that mean entries of the call's active session written out: a short address or a name means
 * the nearest entry, and the session is nearer than the project.
 */
export function withNearRefs(calling: Calling, input: Input): Input {
  // An older state is looked up as it was then.
  if (input.as_of !== undefined || !(REFS.some((field) => field in input) || "items" in input)) return input;
  const session = activeSession(calling);
  const own = session ? entriesOf(calling.memory, session) : [];
  return own.length === 0 ? input : nearIn(own, input);
}

function nearIn(own: readonly Indexed[], input: Input): Input {
  const near = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(near);
    return typeof value === "string" ? nearRef(own, value) : value;
  };
  const items = Array.isArray(input.items) ? { items: input.items.map((item: Input) => nearIn(own, item)) } : {};
  const refs = REFS.filter((field) => field in input).map((field) => [field, near(input[field])] as const);
  return { ...input, ...items, ...Object.fromEntries(refs) };
}

function nearRef(own: readonly Indexed[], text: string): string {
  const found = own.filter((entry) => isMeant(entry, text));
  return found.length === 1 ? formatAddress(found[0]!, "") : text;
}

function isMeant({ kind, name }: Indexed, text: string): boolean {
  try {
    const ref = parseRef(text);
    if (ref.type === "address")
      return ref.scope === undefined && ref.kind === kind && foldName(ref.name) === foldName(name);
    return ref.type === "name" && (name === ref.name || name.endsWith(`/${ref.name}`));
  } catch {
    return false;
  }
}

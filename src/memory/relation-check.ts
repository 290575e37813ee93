import { isPrivate } from "../entry/entry-path.js";
import { readType, shortIn, targetAddress } from "../entry/relations.js";
import { formatScope, readScope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import { addressOf } from "../search/indexed.js";
import type { Draft, Drafted } from "./draft.js";
import type { Memory } from "./memory.js";
import { towardsPrivate } from "./private.js";
import { entryAt, notFound } from "./resolve.js";

/**
 * Refuses (`invalid_input` naming the field) a draft that adds a relation to nothing, of an entry to itself, or to a private entry from one that is not. What the
 * file held before is no matter of this write.
 */
export async function refuseRelations(memory: Memory, draft: Draft): Promise<void> {
  const drafted = new Map(draft.entries().map((one) => [one.path, one.entry]));
  for (const { path, from } of draft.files()) {
    const entry = draft.addsTo(path) ? drafted.get(path) : undefined;
    if (!entry?.fields.relations) continue;
    const before = await draft.found(from ?? path);
    const known = new Set((before?.fields.relations ?? []).map((one) => keyOf(one, before!.scope)));
    for (const [position, relation] of entry.fields.relations.entries()) {
      if (known.has(keyOf(relation, entry.scope))) continue;
      const field = `relations[${position}].target`;
      const { target } = relation;
      const address = targetAddress(target, entry.scope);
      if (address === addressOf(entry)) throw selfLink(field, path);
      const led = address === undefined ? undefined : await entryAt(memory, address, draft);
      if (led !== undefined && isPrivate(led) && !entry.private) throw towardsPrivate(field, target, path);
      if (led !== undefined || (address !== undefined && leadsToScope(memory, address, draft))) continue;
      throw await leadsNowhere(memory, entry, { field, target, path });
    }
  }
}

/** True for the address of a scope, such as `org/acme:`, that those who see the draft's store have too. */
function leadsToScope(memory: Memory, address: string, { store }: Draft): boolean {
  const scope = address.endsWith(":") ? readScope(address.slice(0, -1)) : undefined;
  return scope !== undefined && memory.workspace.isKnown(memory.workspace.canonical(formatScope(scope)), store);
}

const keyOf = ({ type, target }: { type: string; target: string }, scope: string): string =>
  `${readType(type).type} ${targetAddress(target, scope) ?? target}`;

/** What a relation of an entry to itself is refused with. */
export const selfLink = (field: string, path?: string): MemoryError =>
  new MemoryError("invalid_input", `Nothing was written: ${field} is the entry itself; a relation leads to another.`, {
    field,
    ...(path === undefined ? {} : { path }),
  });

async function leadsNowhere(
  memory: Memory,
  { scope }: Drafted["entry"],
  at: { readonly field: string; readonly target: string; readonly path: string },
): Promise<MemoryError> {
  const local = /[^:]*$/.exec(at.target)?.[0];
  const namesakes = [...memory.index.entries()].map(addressOf).filter((one) => one.endsWith(`:${local}`));
  const found = ((await notFound(memory, at.target)).data.nearest ?? []) as readonly string[];
  const others = found.map((one) => targetAddress(one, memory.scope) ?? one);
  const nearest = [...new Set([...namesakes.sort(), ...others])].slice(0, 3).map((one) => shortIn(scope, one));
  const near = nearest.length > 0 ? ` Nearest: ${nearest.join(", ")}.` : "";
  return new MemoryError(
    "invalid_input",
    `Nothing was written: ${at.field} leads to ${JSON.stringify(at.target)}, where no entry is.${near} ` +
      `A target is an address; without a scope it is in the entry's own, ${scope}.`,
    { ...at, nearest },
  );
}

import { formatAddress, parseRef } from "../entry/address.js";
import type { Kind } from "../entry/kinds.js";
import { editEntry } from "../entry/markdown.js";
import type { Draft } from "./draft.js";
import type { Memory } from "./memory.js";

interface Place {
  readonly kind: Kind;
  readonly scope: string;
  readonly name: string;
}

function names(target: string, source: Pick<Place, "scope">, place: Place): boolean {
  try {
    const ref = parseRef(target);
    return (
      ref.type === "address" &&
      ref.kind === place.kind &&
      ref.name === place.name &&
      (ref.scope ?? source.scope) === place.scope
    );
  } catch {
    // A target that is no address leads nowhere; `check` tells.
    return false;
  }
}

/** Points the relations that lead to an entry at its new place; the other bytes of their files stay. */
export async function redirect(memory: Memory, draft: Draft, from: string, to: Place): Promise<void> {
  const moved = memory.at(from);
  if (!moved) return;
  for (const entry of memory.index.entries()) {
    if (entry.path === from || !entry.targets?.some((target) => names(target, entry, moved))) continue;
    const source = await draft.read(entry.path);
    if (!source) continue;
    const relations = (source.entry.fields.relations ?? []).map((relation) =>
      names(relation.target, entry, moved) ? { ...relation, target: formatAddress(to, entry.scope) } : relation,
    );
    const after = editEntry(source.bytes, { set: { relations } }, source.entry);
    draft.put({ path: entry.path, after, op: "updated" }, false);
  }
}

import { formatAddress } from "../entry/address.js";
import type { Relation } from "../entry/entry.js";
import { isPrivate } from "../entry/entry-path.js";
import type { Kind } from "../entry/kinds.js";
import { editEntry } from "../entry/markdown.js";
import { shortIn, targetAddress } from "../entry/relations.js";
import { addressOf } from "../search/indexed.js";
import type { Draft } from "./draft.js";
import type { Memory } from "./memory.js";

interface Place {
  readonly kind: Kind;
  readonly scope: string;
  readonly name: string;
}

/** Points the relations that lead to a moved entry at its new place; the other bytes of their files stay. */
export async function redirect(
  memory: Memory,
  draft: Draft,
  from: Place & { readonly path: string },
  to: Place,
): Promise<void> {
  const moved = addressOf(from);
  const tellers = memory.index.relations.tellers({ store: draft.store, ...from });
  const told = tellers.filter(({ store }) => store === draft.store).map(({ path }) => path);
  const drafted = draft.entries().map(({ path }) => path);
  for (const path of new Set([...told, ...drafted])) {
    // What others see is not told the new name of what only one person has.
    const blind = isPrivate(from.path) && !isPrivate(path);
    const source = path === from.path || blind ? undefined : await draft.read(path);
    const relations = source?.entry.fields.relations ?? [];
    if (!source || !relations.some(({ target }) => targetAddress(target, source.entry.scope) === moved)) continue;
    const turned = relations.map((relation) =>
      targetAddress(relation.target, source.entry.scope) === moved
        ? { ...relation, target: formatAddress(to, source.entry.scope) }
        : relation,
    );
    const after = editEntry(source.bytes, { set: { relations: turned } }, source.entry);
    draft.put({ path, after, op: draft.opOf(path) ?? "updated" }, false);
  }
}

/** An entry's own relations as they have to be written once it is in another scope: they lead where they led. */
export function relationsFrom(scope: string, relations: readonly Relation[], to: string): readonly Relation[] {
  return relations.map((relation) => {
    const address = targetAddress(relation.target, scope);
    return address === undefined ? relation : { ...relation, target: shortIn(to, address) };
  });
}

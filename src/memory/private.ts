import { isPrivate } from "../entry/entry-path.js";
import { MemoryError } from "../errors.js";
import type { Draft } from "./draft.js";
import type { Edit } from "./edits.js";
import type { Memory } from "./memory.js";
import { PERSONAL } from "./workspace.js";

const elsewhere = (message: string): MemoryError =>
  new MemoryError(
    "invalid_input",
    `Private entries are kept in a person's own store, ${message}. Nothing was written.`,
    {
      field: "private",
    },
  );

/** The name of the store where a new private entry of a scope, or of the current one, goes. Throws `invalid_input` where there is none and none may be made. */
export async function homeOfPrivate(memory: Memory, scope: string | undefined, wanted = PERSONAL): Promise<string> {
  if (wanted !== PERSONAL) throw elsewhere(`not in ${wanted}`);
  try {
    return (await memory.home(scope, PERSONAL)).name;
  } catch (error) {
    if (!(error instanceof MemoryError && error.code === "not_found")) throw error;
    throw elsewhere("and there is none here");
  }
}

/** Refuses (`invalid_input`) a private entry in a write to another store than the person's own. */
export function assertPersonal({ store }: Pick<Draft, "store">): void {
  if (store !== PERSONAL) throw elsewhere(`and this write goes to ${store}; make it a call of its own`);
}

/** Refuses (`forbidden`) to make an entry private that was not, or the other way; what it is already may be said again. */
export function refuseOtherSide(address: string, entry: { readonly private?: true }, wanted: unknown): void {
  if (wanted === undefined || wanted === (entry.private ?? false)) return;
  if (typeof wanted !== "boolean")
    throw new MemoryError("invalid_input", "set.private is true or false. Nothing was written.", {
      field: "set.private",
    });
  const message = wanted
    ? `${address} cannot become private: history has it already. Save it anew with private: true and another name, then delete this one with purge: true; what is in history stays there.`
    : `${address} is private and stays so. Save it anew without private and with another name, then delete this one with purge: true.`;
  throw new MemoryError("forbidden", `${message} Nothing was written.`, { field: "set.private", address });
}

/** Refuses (`invalid_input`) several writes as one when only some are of private entries: those have no history to be one in. */
export function refuseMixed(edits: readonly Edit[]): void {
  const apart = edits.filter(({ path }) => isPrivate(path)).length;
  if (apart === 0 || apart === edits.length) return;
  throw new MemoryError(
    "invalid_input",
    `${apart} of ${edits.length} are about private entries, and one write is all private or not at all. Nothing was written; make it two calls.`,
    { field: "items" },
  );
}

/** What a relation that others would see, to an entry that they do not have, is refused with. */
export const towardsPrivate = (field: string, target: string, path?: string): MemoryError =>
  new MemoryError(
    "invalid_input",
    `Nothing was written: ${field} leads to ${target}, which is private, so nobody else would find it. A private entry may lead to others; they may not lead to it.`,
    { field, target, ...(path === undefined ? {} : { path }) },
  );

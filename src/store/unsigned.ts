import path from "node:path";
import { stamp } from "../git/git-fs.js";
import { signsCommits } from "../git/identity.js";
import type { StoreContext } from "./context.js";
import type { StoreOptions } from "./store-options.js";

/** Asks whether commits need no signature; git's configuration is read again only when it changed. */
export function unsignedCommits(context: StoreContext, { git, env }: StoreOptions): () => Promise<boolean> {
  let known: { readonly stamp: string; readonly signs: boolean } | undefined;
  return async () => {
    const { host, usual } = context;
    if (!host || usual !== "each") return true;
    const now = await stamp(path.join(host.repository.commonDir, "config"));
    if (known?.stamp !== now) known = { stamp: now, signs: await signsCommits(host.repository, git, env) };
    return !known.signs;
  };
}

import path from "node:path";
import type { Environment, GitBinary } from "../git/git-binary.js";
import { stamp } from "../git/git-fs.js";
import { gitUser, type Person } from "../git/identity.js";
import type { FoundStore } from "./find-store.js";

/** Asks git who the user is again only when the repository's configuration changes. */
export function rememberUser(
  found: FoundStore,
  options: { readonly git: GitBinary | undefined; readonly env: Environment },
): () => Promise<Person> {
  let kept: { stamp: string; person: Person } | undefined;
  return async () => {
    const now = found.repository ? await stamp(path.join(found.repository.commonDir, "config")) : "";
    if (kept?.stamp !== now)
      kept = { stamp: now, person: await gitUser(found.repository, found.root, options.git, options.env) };
    return kept.person;
  };
}

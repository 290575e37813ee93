import path from "node:path";
import type { Environment, GitBinary } from "../git/git-binary.js";
import { stamp } from "../git/git-fs.js";
import { gitUser, type Person } from "../git/identity.js";
import type { FoundStore } from "./find-store.js";

/** Asks git who the user is again only when the repository's configuration, or what the person says of themselves, changes. */
export function rememberUser(
  found: FoundStore,
  options: {
    readonly git: GitBinary | undefined;
    readonly env: Environment;
    readonly person?: () => Partial<Person>;
  },
): () => Promise<Person> {
  let kept: { stamp: string; person: Person } | undefined;
  return async () => {
    const config = found.repository ? await stamp(path.join(found.repository.commonDir, "config")) : "";
    const { name, email } = options.person?.() ?? {};
    const says = { ...(name === undefined ? {} : { name }), ...(email === undefined ? {} : { email }) };
    const now = `${config} ${JSON.stringify(says)}`;
    if (kept?.stamp !== now)
      kept = { stamp: now, person: await gitUser(found.repository, found.root, options.git, options.env, says) };
    return kept.person;
  };
}

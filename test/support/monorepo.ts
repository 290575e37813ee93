import path from "node:path";
import { entryText } from "./memory.js";
import { git, makeRepository, put, temporaryFolder } from "./repositories.js";

/** A repository with a store for an org, and a project in it for a folder. */
export function makeMonorepo(): string {
  const dir = makeRepository(temporaryFolder());
  put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: org\nname: acme\n");
  put(path.join(dir, ".memory/.gitattributes"), "* -text -ident -filter !working-tree-encoding\n");
  put(path.join(dir, ".memory/projects/web/project.md"), entryText("title: The site\nroot_path: apps/web", "Pages."));
  put(path.join(dir, ".memory/guidelines/no-secrets.md"), entryText("title: No secrets", "Keep them out."));
  git(dir, "add", ".");
  git(dir, "commit", "-qm", "store");
  return dir;
}

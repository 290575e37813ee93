import fs from "node:fs/promises";
import path from "node:path";
import type { ScopeDocument } from "../entry/document.js";
import { locate } from "../entry/entry-path.js";
import { remoteKey } from "../entry/git-remote.js";
import { MANIFEST_FILE, parseManifest } from "../entry/manifest.js";
import { foldName } from "../entry/name.js";
import { holdsPath, normalRootPath } from "../entry/root-path.js";
import { formatScope, parseScope, type Scope } from "../entry/scope.js";
import { parseDocument } from "../entry/scope-document.js";
import { readIfThere } from "../git/git-fs.js";
import { type FoundProject, type FoundStore, STORE_FOLDER } from "./find-store.js";
import { isInside, readWorkingFile } from "./working-files.js";

const namesIn = (folder: string): Promise<string[]> => fs.readdir(folder).catch(() => []);

/** The documents of a store's projects as they are on disk: this is asked before the store is read. */
async function projectDocuments({ root }: FoundStore): Promise<ScopeDocument[]> {
  const manifest = await readIfThere(path.join(root, MANIFEST_FILE));
  if (!manifest) return [];
  const { root: stands } = parseManifest(manifest);
  if (stands.level === "project") return [];
  const orgs = stands.level === "global" ? await namesIn(path.join(root, "orgs")) : [];
  const documents: ScopeDocument[] = [];
  for (const folder of ["projects", ...orgs.map((org) => `orgs/${org}/projects`)])
    for (const name of await namesIn(path.join(root, folder))) {
      const file = `${folder}/${name}/project.md`;
      const at = locate(file, stands);
      const read =
        at.type === "scope-document" && isInside(root, file) ? readWorkingFile(path.join(root, file)) : undefined;
      const parsed = at.type === "scope-document" && read?.kind === "file" ? parseDocument(read.bytes, at) : undefined;
      if (parsed?.kind === "document") documents.push(parsed.document);
    }
  return documents;
}

/** The document whose `root_path` holds a place most closely. */
function innermost(documents: readonly ScopeDocument[], place: string): ScopeDocument | undefined {
  const lengthOf = ({ fields: { root_path: root = "" } }: ScopeDocument): number => (root === "." ? 0 : root.length);
  return documents
    .filter(({ fields }) => holdsPath(fields.root_path, place))
    .sort((a, b) => lengthOf(b) - lengthOf(a) || (a.scope < b.scope ? -1 : 1))[0];
}

/** The project of a shared store in which the place lies that led to it; undefined = none of its projects holds it. */
export async function projectAround(found: FoundStore): Promise<Scope | undefined> {
  if (found.from === undefined) return undefined;
  const inFolder = path.basename(found.root) === STORE_FOLDER ? path.dirname(found.root) : found.root;
  const inner = path
    .relative(found.repository?.top ?? inFolder, found.from)
    .split(path.sep)
    .join("/");
  if (inner.split("/").includes("..") || path.isAbsolute(inner)) return undefined;
  const project = innermost(await projectDocuments(found), normalRootPath(inner));
  return project && parseScope(project.scope);
}

/**
 * The scope by which the person's own store knows a project: what its document says of the repository's remote, or of
 * where it lies, counts for more than the name. A name that another repository has is taken with a number.
 */
export async function projectInPersonal(personal: FoundStore | undefined, project: FoundProject): Promise<Scope> {
  const documents = personal ? await projectDocuments(personal) : [];
  const key = project.remote === undefined ? undefined : remoteKey(project.remote);
  const keyOf = ({ fields: { git_remote_url: url } }: ScopeDocument) =>
    url === undefined ? undefined : remoteKey(url);
  const bySame = key === undefined ? undefined : documents.find((one) => keyOf(one) === key);
  const known = bySame ?? innermost(documents, normalRootPath(project.top.split(path.sep).join("/")));
  if (known) return parseScope(known.scope);
  const { scope } = project;
  if (key === undefined || scope.level !== "project") return scope;
  for (let number = 1; ; number++) {
    const named: Scope = number === 1 ? scope : { ...scope, project: `${scope.project}-${number}` };
    const place = foldName(formatScope(named));
    const others = documents.filter((one) => foldName(one.scope) === place);
    if (others.every((one) => keyOf(one) === undefined)) return named;
  }
}

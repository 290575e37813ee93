import { foldName } from "../../entry/name.js";
import { type FileFacts, type Judgement, linkingOf } from "./facts.js";

/** Orders paths that share an id or a name: who had it first comes first. */
export type Precedence = (a: FileFacts, b: FileFacts) => number;

/** Groups of files with one key, each with whoever had it first at its head. */
function groups(
  files: readonly FileFacts[],
  key: (file: FileFacts) => string | undefined,
  precedence: Precedence,
): FileFacts[][] {
  const found = new Map<string, FileFacts[]>();
  for (const file of files) {
    const value = key(file);
    if (value === undefined) continue;
    const group = found.get(value);
    if (group) group.push(file);
    else found.set(value, [file]);
  }
  return [...found.values()].filter(({ length }) => length > 1).map((group) => group.sort(precedence));
}

/** The files whose id another one had first, with that other one. */
export function duplicateIds(
  files: readonly FileFacts[],
  precedence: Precedence,
): { readonly copy: FileFacts; readonly first: FileFacts }[] {
  return groups(files, (file) => linkingOf(file)?.id, precedence).flatMap(([first, ...copies]) =>
    copies.map((copy) => ({ copy, first: first! })),
  );
}

/** Ids and names that several entries or documents have. */
export function duplicateFindings(files: readonly FileFacts[], precedence: Precedence): Judgement[] {
  const ids = duplicateIds(files, precedence).map(({ copy, first }) => ({
    path: copy.path,
    line: linkingOf(copy)?.idLine ?? 1,
    rule: "duplicate-id",
    message: `has the id of ${first.path}`,
  }));
  const named = files.filter(({ located }) => located.type === "entry" || located.type === "scope-document");
  const names = groups(named, ({ path }) => foldName(path), precedence).flatMap(([first, ...copies]) =>
    copies.map(({ path }) => ({
      path,
      line: 1,
      rule: "duplicate-name",
      message: `is the name of ${first!.path} but for letter case or Unicode form`,
    })),
  );
  return [...ids, ...names];
}

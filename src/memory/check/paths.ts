import type { ReadEntry } from "../../entry/markdown.js";
import { outsideProblem, rootPathProblem } from "../../entry/root-path.js";
import type { ReadDocument } from "../../entry/scope-document.js";
import type { Judgement } from "./facts.js";

/** What leads out of the repository in an entry or document; `absolute` when the store may be the personal one. */
export function pathFindings(
  path: string,
  read: Extract<ReadEntry, { kind: "entry" }> | Extract<ReadDocument, { kind: "document" }>,
  absolute: boolean,
): Judgement[] {
  const { front } = read;
  const found = (field: string, name: string, problem: string | undefined): Judgement[] => {
    const line = front.kind === "map" ? (front.map.lineOf(field) ?? 0) + 1 : 1;
    return problem === undefined ? [] : [{ path, line, rule: "field", message: `${name} ${problem}` }];
  };
  if (read.kind === "document") {
    const { root_path: root } = read.document.fields;
    return root === undefined ? [] : found("root_path", "root_path", rootPathProblem(root, absolute));
  }
  return (["files", "applies_to"] as const).flatMap((field) =>
    (read.entry.fields[field] ?? []).flatMap((place, at) =>
      found(field, `${field}[${at}]`, outsideProblem(place, absolute)),
    ),
  );
}

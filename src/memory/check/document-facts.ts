import type { DocumentLevel } from "../../entry/document.js";
import type { ReadDocument } from "../../entry/scope-document.js";
import type { FileFacts, Judgement, Linking } from "./facts.js";
import { linkLines } from "./link-lines.js";

type Readable = Extract<ReadDocument, { kind: "document" }>;

/** What the rules that look at several files need to know of a scope's document. */
export interface DocumentFacts extends Linking {
  readonly level: DocumentLevel;
  /** The folder of the session that this one continues, and the line that says so. */
  readonly continues?: { readonly name: string; readonly folder: string; readonly line: number };
}

/** The working set counts as links too. */
export function documentFacts({ document, text, front }: Readable): DocumentFacts {
  const { level, scope, folder, name, fields } = document;
  const lineOf = (field: string): number => (front.kind === "map" ? (front.map.lineOf(field) ?? 0) + 1 : 1);
  const { relations = [], working_set: items = [], parent } = fields;
  const relationLines = relations.length > 0 ? linkLines(text, front) : [];
  const itemLines = items.length > 0 ? linkLines(text, front, "working_set", "entry") : [];
  const continues = parent !== undefined && {
    name: parent,
    folder: folder.slice(0, -name.length) + parent,
    line: lineOf("parent"),
  };
  return {
    level,
    scope,
    folder,
    ...(fields.id === undefined ? {} : { id: fields.id.toLowerCase() }),
    idLine: lineOf("id"),
    links: [
      ...relations.map(({ target, type }, at) => ({ target, type, line: relationLines[at] ?? relationLines[0] ?? 1 })),
      ...items.map(({ entry }, at) => ({
        target: entry,
        type: "working_set",
        line: itemLines[at] ?? itemLines[0] ?? 1,
      })),
    ],
    ...(continues ? { continues } : {}),
  };
}

/** Sessions that continue themselves, or one that is not there: neither a document nor an entry of it. */
export function continuationFindings(files: readonly FileFacts[]): Judgement[] {
  const folders = new Set(files.flatMap(({ located }) => ("folder" in located ? located.folder : [])));
  return files.flatMap(({ path, document }) => {
    if (document?.continues === undefined) return [];
    const { name, folder, line } = document.continues;
    if (folder === document.folder) return [{ path, line, rule: "self-link", message: "parent is the session itself" }];
    if (folders.has(folder)) return [];
    return [{ path, line, rule: "dangling", message: `parent is ${name}, a session that is not there` }];
  });
}

import * as z from "zod";
import type { ScopeView } from "../memory/scope-views.js";
import { iso } from "./params.js";

/** What every org and project in a result has. */
export const brief = {
  address: z.string(),
  scope: z.string(),
  name: z.string(),
  org: z.string().optional(),
  title: z.string(),
  store: z.string(),
  root_path: z.string().optional(),
  git_remote_url: z.string().optional(),
  tags: z.array(z.string()).optional(),
  archived: z.literal(true).optional(),
  current: z.literal(true).optional(),
  /** There are entries of it, or one is in it, and nobody wrote down what it is. */
  undocumented: z.literal(true).optional(),
  entries: z.record(z.string(), z.int()),
  sessions: z.int(),
  children: z.array(z.string()).optional(),
};

/** The same with all that its document says. */
export const full = z.object({
  ...brief,
  id: z.string().optional(),
  path: z.string().optional(),
  version: z.string().optional(),
  updated_at: z.string().optional(),
  author: z.string().optional(),
  pending: z.literal(true).optional(),
  description: z.string().optional(),
  fields: z.record(z.string(), z.unknown()),
});

export type Brief = z.infer<z.ZodObject<typeof brief>>;

/** An org or project as lists tell it. */
export function briefOf({ scope, name: own, org, title, store: where, fields: known, ...one }: ScopeView): Brief {
  const { root_path, git_remote_url, tags: labels = [], status } = known;
  return {
    address: `${scope}:`,
    scope,
    name: own,
    ...(org === undefined ? {} : { org }),
    title,
    store: where,
    ...(root_path === undefined ? {} : { root_path }),
    ...(git_remote_url === undefined ? {} : { git_remote_url }),
    ...(labels.length === 0 ? {} : { tags: [...labels] }),
    ...(status === "archived" ? { archived: true as const } : {}),
    ...(one.current ? { current: true as const } : {}),
    ...(one.document ? {} : { undocumented: true as const }),
    entries: { ...one.entries },
    sessions: one.sessions,
    ...(one.children.length === 0 ? {} : { children: [...one.children] }),
  };
}

/** An org or project as a result of its own. */
export function fullOf(view: ScopeView): z.infer<typeof full> {
  const { document, fields: known } = view;
  return {
    ...briefOf(view),
    ...(known.id === undefined ? {} : { id: known.id }),
    ...(document
      ? {
          path: document.path,
          version: document.version,
          ...(document.updatedAt === undefined ? {} : { updated_at: iso(document.updatedAt) }),
          ...(document.author === undefined ? {} : { author: document.author }),
          ...(document.pending ? { pending: true as const } : {}),
          description: document.description,
        }
      : {}),
    fields: { ...known },
  };
}

const counted = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`;

/** One line that names an org or project, with what is in it. */
export function briefLine(one: Brief): string {
  const sum = Object.values(one.entries).reduce((all, count) => all + count, 0);
  const parts = [
    `**${one.title}**`,
    `\`${one.address}\``,
    one.root_path ?? "",
    (one.tags ?? []).map((tag) => `#${tag}`).join(" "),
    counted(sum, "entry", "entries"),
    one.sessions > 0 ? counted(one.sessions, "session") : "",
    [one.current && "current", one.archived && "archived", one.undocumented && "no document"]
      .filter(Boolean)
      .join(", "),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

const HEAD = ["id", "title", "tags", "status", "root_path"];

/** All about it, as Markdown. */
export function renderFull(one: z.infer<typeof full>): string {
  const lines = [briefLine(one)];
  const kinds = Object.entries(one.entries).map(([kind, count]) => `${kind} ${count}`);
  lines.push(`store: ${one.store}${kinds.length > 0 ? ` · ${kinds.join(", ")}` : ""}`);
  for (const [field, value] of Object.entries(one.fields))
    if (!HEAD.includes(field)) lines.push(`${field}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  if (one.children) lines.push(`projects: ${one.children.join(", ")}`);
  return [lines.join("\n"), one.description ?? ""].filter(Boolean).join("\n\n");
}

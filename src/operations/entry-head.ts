import type * as z from "zod";
import type { Memory } from "../memory/memory.js";
import { addressIn } from "../memory/resolve.js";
import { type Stale, staleText } from "../memory/stale.js";
import type { View } from "../memory/view.js";
import type { Indexed } from "../search/indexed.js";
import { iso, type writeResult } from "./params.js";

/** The fields of a hit and of an entry that say what it is; absent where there is nothing to say. */
export function headOf(memory: Memory, entry: Indexed) {
  return {
    address: addressIn(memory, entry),
    ...(entry.id === undefined ? {} : { id: entry.id }),
    kind: entry.kind,
    scope: entry.scope,
    ...(entry.store === memory.workspace.main?.store.name ? {} : { store: entry.store }),
    title: entry.title,
    ...(entry.category === undefined ? {} : { category: entry.category }),
    ...(entry.tags.length === 0 ? {} : { tags: [...entry.tags] }),
    ...(entry.updatedAt === undefined ? {} : { updated_at: iso(entry.updatedAt) }),
    ...(entry.author === undefined ? {} : { author: entry.author }),
    version: entry.version,
  };
}

/** The flag of an entry whose code changed since, for a result; past states are not judged. */
export function staleFlag(memory: Memory, entry: Indexed, view: View) {
  const stale = view.commit === undefined ? memory.stale(entry) : undefined;
  return stale === undefined ? {} : { stale: { ...stale } };
}

const FLAGS = ["archived", "expired", "pending", "private", "conflict", "low_confidence"] as const;

/** One line that names an entry: title, address, tags, date, flags. */
export function headLine(head: Readonly<Record<string, unknown>>): string {
  const tags = Array.isArray(head.tags) ? head.tags.map((tag) => `#${tag}`).join(" ") : "";
  const date = typeof head.updated_at === "string" ? head.updated_at.slice(0, 10) : "";
  const flags: string[] = FLAGS.filter((flag) => head[flag]).map((flag) => flag.replace("_", " "));
  if (typeof head.superseded_by === "string") flags.push(`superseded by ${head.superseded_by}`);
  if (typeof head.stale === "object" && head.stale !== null) flags.push(staleText(head.stale as Stale));
  return [`**${head.title}**`, `\`${head.address}\``, tags, date, flags.join(", ")]
    .filter((part) => part !== "")
    .join(" · ");
}

const DONE: Readonly<Record<string, string>> = {
  created: "Saved",
  updated: "Updated",
  merged: "Merged with another change:",
  renamed: "Moved to",
  archived: "Archived",
  restored: "Restored",
  deleted: "Deleted",
  unchanged: "Nothing to change in",
};

/** One line that says what a write did and where it stands. */
export function writeLine(result: z.infer<typeof writeResult>): string {
  const where = result.private
    ? "private: never committed"
    : result.pending
      ? `pending: ${result.pending}`
      : result.commit
        ? `commit ${result.commit.slice(0, 10)}`
        : "not committed yet: it goes into the next commit";
  const version = result.version ? `version ${result.version}` : "";
  const links = result.dangling ? `. Relations lead there still from ${namesOf(result.dangling)}` : "";
  const filled = result.categorised ? `. ${categorisedLine(result.categorised)}` : "";
  const similar = result.similar
    ? `. Much like ${result.similar.map(({ address, similarity }) => `\`${address}\` (${similarity})`).join(", ")}`
    : "";
  const hint = result.hint ? `. ${result.hint}` : "";
  const contested = result.conflict
    ? `. ${result.contested?.join(", ")} had been changed by somebody else: yours stays, theirs is on record as conflict ${result.conflict}`
    : "";
  const from = result.from ? ` from \`${result.from}\`` : "";
  return `${DONE[result.change] ?? result.change} \`${result.address}\`${from} (${[version, result.change === "unchanged" ? "" : where].filter(Boolean).join("; ")})${contested}${filled}${similar}${links}${hint}`;
}

type Categorised = NonNullable<z.infer<typeof writeResult>["categorised"]>;

/** What was filled in, and why. */
function categorisedLine({ category, topic, because }: Categorised): string {
  const set = [category && `category ${category}`, topic && `topic ${topic}`].filter(Boolean).join(", ");
  return `Filled in ${set}: ${because}`;
}

/** Some addresses, and how many more there are. */
function namesOf(addresses: readonly string[]): string {
  const more = addresses.length - 10;
  return addresses.slice(0, 10).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

import fs from "node:fs";
import { isPrivate } from "../entry/entry-path.js";
import { MemoryError } from "../errors.js";
import { takenByGit } from "../git/taken.js";
import { diskPath, repoPath, type StoreContext } from "./context.js";
import type { FileWrite, Recorded, WriteRecord, Writer } from "./writer.js";

const IGNORE_FILE = ".gitignore";
/** Only the folder at the store's top: an entry may be called `memories/private/x`. */
const IGNORE_LINE = "/private/";

/** What became of a write: its journal commit, if any of it is on record. */
export interface Outcome {
  readonly recorded?: Recorded;
  /** Something of ours went into the journal, and waits to be published. */
  readonly journaled: boolean;
}

/** Writes files as one: what is private goes to its place and on no record, all else into the journal. */
export async function writeFiles(
  context: StoreContext,
  writer: Writer,
  files: readonly FileWrite[],
  record: WriteRecord,
): Promise<Outcome> {
  const own = files.filter((file) => isPrivate(file.path));
  const others = files.filter((file) => !isPrivate(file.path));
  if (own.length === 0) return { recorded: await writer.write(others, record), journaled: true };
  refuseElsewhere(context);
  const ignored = await keepOut(context, writer, own);
  // First what has no journal to be completed from: who is killed here does all of it again.
  const takeBack = await writer.placeUnrecorded(own);
  if (others.length === 0) return { journaled: ignored };
  const tip = await context.journal.tip();
  try {
    return { recorded: await writer.write(others, record), journaled: true };
  } catch (error) {
    // What is on record will be completed, and the private half belongs to it.
    if ((await context.journal.tip()) === tip) await takeBack();
    throw error;
  }
}

function refuseElsewhere({ manifest, prefix }: StoreContext): void {
  if (manifest.root.level === "global" && prefix === "") return;
  throw new MemoryError(
    "invalid_input",
    "Private entries are kept in a person's own store, which this is not. Nothing was written.",
  );
}

/** Makes sure that git ignores the files before they are there; true when that took a write. Throws `forbidden` when git takes them all the same. */
async function keepOut(context: StoreContext, writer: Writer, files: readonly FileWrite[]): Promise<boolean> {
  for (const { path: file } of files) refuseLinks(context, file);
  const wrote = await ignorePrivate(writer);
  const written = files.filter(({ after }) => after !== null).map(({ path: file }) => repoPath(context, file));
  const [taken] = context.host && written.length > 0 ? await takenByGit(context.host, written) : [];
  if (taken === undefined) return wrote;
  throw new MemoryError(
    "forbidden",
    `git would carry ${taken} in a commit, so nothing was written. If it is tracked, \`git rm -r --cached private\` and a commit end that; else a rule lets it through, which \`git check-ignore -v ${taken}\` names.`,
    { path: taken },
  );
}

async function ignorePrivate(writer: Writer): Promise<boolean> {
  const bytes = (await writer.read(IGNORE_FILE))?.bytes;
  const text = bytes ? Buffer.from(bytes).toString("utf8") : "";
  const lines = text.split(/\r?\n/).map((line) => line.trimEnd());
  if (lines.some((line) => line === IGNORE_LINE || line === "private/")) return false;
  const after = Buffer.concat([
    bytes ?? Buffer.alloc(0),
    Buffer.from(`${/[^\n]$/.test(text) ? "\n" : ""}${IGNORE_LINE}\n`),
  ]);
  const op = bytes ? "updated" : "created";
  const { held } = await writer.write([{ path: IGNORE_FILE, after, op }], {
    op,
    subject: "memory: keep private entries out of git",
  });
  if (held === undefined) return true;
  throw new MemoryError(
    "conflict",
    `git does not ignore private/ yet, and ${held}, so nothing private was written. Finish that, then call again.`,
    { reason: held },
  );
}

/** A link on the way would lead to where git does not ignore. */
function refuseLinks(context: StoreContext, file: string): void {
  const segments = repoPath(context, file).split("/").slice(0, -1);
  for (let count = 1; count <= segments.length; count++) {
    const folder = segments.slice(0, count).join("/");
    if (!fs.lstatSync(diskPath(context, folder), { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    throw new MemoryError(
      "forbidden",
      `${folder} is a symbolic link, behind which nothing private is written. Replace the link by a folder.`,
      { path: folder },
    );
  }
}

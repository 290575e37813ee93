import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { createExclusive, isErrno } from "../git/git-fs.js";

/** One call over HTTP: who called what, when and from where, and how it ended; nothing of what entries say. */
export interface AuditRecord {
  /** ISO 8601 with milliseconds and Z. */
  readonly time: string;
  /** Such as `save` or `history list`. */
  readonly operation: string;
  readonly effect?: string | undefined;
  /** Addresses and ids of entries. */
  readonly resource?: readonly string[] | undefined;
  readonly session?: string | undefined;
  readonly agent?: string | undefined;
  readonly ip?: string | undefined;
  readonly user_agent?: string | undefined;
  /** The HTTP status. */
  readonly status: number;
  /** The code of a refusal. */
  readonly error?: string | undefined;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** How large a log becomes. */
export interface Rotation {
  /** The size of a file, in bytes, from which the next line begins a new one. */
  readonly limit: number;
  /** So many older files stay. */
  readonly keep: number;
}

const ROTATION: Rotation = { limit: 1_000_000, keep: 4 };
const CURRENT = "audit.jsonl";
const OLDER = /^audit-\d{8}T\d{9}Z-[0-9a-f]+\.jsonl$/;
/** Characters of a text that a caller chose. */
const TEXT_LENGTH = 200;
/** As many as one call writes or lists. */
const RESOURCES = 100;

/** A caller's text in one line, short, and without anything that is not seen. */
const plain = (text: string): string =>
  [...text.slice(0, 2 * TEXT_LENGTH)]
    .slice(0, TEXT_LENGTH)
    .join("")
    .replace(/[\p{C}\u2028\u2029]/gu, "\uFFFD");

/** A record as a line of the log; long texts are cut. */
export function auditLine({ resource, ...record }: AuditRecord): string {
  const texts = Object.entries(record).map(([field, value]) => [
    field,
    typeof value === "string" ? plain(value) : value,
  ]);
  const refs = resource?.slice(0, RESOURCES).map(plain);
  return JSON.stringify({ ...Object.fromEntries(texts), ...(refs && refs.length > 0 ? { resource: refs } : {}) });
}

/** The folder; one in a store that is no git repository hides itself from any that may be made around it. */
async function prepare(folder: string): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  if (path.basename(folder) === ".state") await createExclusive(path.join(folder, ".gitignore"), "*\n");
}

async function writeWhole(handle: fs.FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const { bytesWritten } = await handle.write(bytes);
  if (bytesWritten < bytes.length) throw new Error("only a part of a line could be written");
}

/** A kill may have cut the last line off: what follows must not become a part of it. */
async function endLine(handle: fs.FileHandle, size: number): Promise<void> {
  if (size === 0) return;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer[0] !== 10) await writeWhole(handle, "\n");
}

/** Gives the file that is open as `ino` a name of its own. Names differ, so that two who do it at once lose nothing. */
async function rotate(folder: string, ino: number, keep: number, now: number): Promise<void> {
  const file = path.join(folder, CURRENT);
  if ((await fs.stat(file)).ino !== ino) return;
  const time = new Date(now).toISOString().replace(/[-:.]/g, "");
  await fs.rename(file, path.join(folder, `audit-${time}-${randomBytes(4).toString("hex")}.jsonl`));
  const older = (await fs.readdir(folder)).filter((name) => OLDER.test(name)).sort();
  for (const name of older.slice(0, Math.max(0, older.length - keep)))
    await fs.rm(path.join(folder, name), { force: true });
}

/**
 * Appends lines to the log in a store's folder of what is never committed. Each is one write, so that those of several
 * processes do not mix; a full file is put aside first, and the oldest of those goes.
 */
export async function appendAudit(
  folder: string,
  lines: readonly string[],
  now: () => number,
  { limit, keep }: Rotation = ROTATION,
): Promise<void> {
  await prepare(folder);
  for (let at = 0; at < lines.length; ) {
    const handle = await fs.open(path.join(folder, CURRENT), "a+");
    try {
      const { size, ino } = await handle.stat();
      if (size < limit) await endLine(handle, size);
      else await rotate(folder, ino, keep, now()).catch(gone); // Somebody else may be faster.
      // Others append to it too.
      while (at < lines.length && (await handle.stat()).size < limit) await writeWhole(handle, `${lines[at++]}\n`);
    } finally {
      await handle.close();
    }
  }
}

const isText = (value: unknown): boolean => value === undefined || typeof value === "string";

function recordIn(line: string): AuditRecord | undefined {
  try {
    const value = JSON.parse(line) as AuditRecord | null;
    if (typeof value !== "object" || value === null) return undefined;
    const { time, operation, effect, resource = [], session, agent, ip, user_agent, status, error, ms } = value;
    const texts = [effect, session, agent, ip, user_agent, error].every(isText) && typeof operation === "string";
    const refs = Array.isArray(resource) && resource.every((ref) => typeof ref === "string");
    const numbers = Number.isInteger(status) && Number.isFinite(ms) && !Number.isNaN(Date.parse(time));
    return texts && refs && numbers ? value : undefined;
  } catch {
    return undefined;
  }
}

function gone(error: unknown): undefined {
  if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
}

/** Every record that can be read, newest first. */
export async function readAudit(folder: string): Promise<AuditRecord[]> {
  const texts: string[] = [];
  const seen = new Set<number>();
  const take = async (name: string): Promise<void> => {
    const handle = await fs.open(path.join(folder, name)).catch(gone);
    if (!handle) return;
    try {
      const { ino } = await handle.stat();
      // A file that was put aside meanwhile comes by again under its other name.
      if (!seen.has(ino)) texts.push(await handle.readFile("utf8"));
      seen.add(ino);
    } finally {
      await handle.close();
    }
  };
  await take(CURRENT);
  const names = (await fs.readdir(folder).catch(gone)) ?? [];
  for (const name of names
    .filter((one) => OLDER.test(one))
    .sort()
    .reverse())
    await take(name);
  const records = texts.flatMap((text) =>
    text
      .split("\n")
      .reverse()
      .flatMap((line) => (line === "" ? [] : (recordIn(line) ?? []))),
  );
  return records.sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
}

import fs from "node:fs";
import path from "node:path";
import { createExclusive, isErrno, readIfThere, readLine, removeFile } from "./git-fs.js";

/** Where HEAD points: `ref` is undefined when detached, `commit` when the branch is unborn. */
export interface Head {
  readonly ref?: string;
  readonly commit?: string;
}

const OID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** A symbolic ref that leads further than this leads in a circle. */
const MAX_DEPTH = 5;

/** True for a name that stays below `refs/`: a hostile HEAD must not make us read or write elsewhere. */
export const isRefName = (ref: string): boolean =>
  ref.startsWith("refs/") &&
  !ref.includes("\0") &&
  ref.split("/").every((part) => part !== "" && !part.startsWith("."));

async function packed(commonDir: string, ref: string): Promise<string | undefined> {
  const text = (await readIfThere(path.join(commonDir, "packed-refs")))?.toString("utf8") ?? "";
  for (const line of text.split("\n")) if (line.endsWith(` ${ref}`)) return line.slice(0, line.indexOf(" "));
  return undefined;
}

const readRefFile = (commonDir: string, ref: string): Promise<string | undefined> =>
  readLine(path.join(commonDir, ref)).catch((error: unknown) => {
    if (isErrno(error, "EISDIR")) return undefined;
    throw error;
  });

/** The commit that a full ref name (`refs/heads/main`) stands for: loose first, then packed, symbolic ones followed. */
export async function resolveRef(commonDir: string, ref: string, depth = 0): Promise<string | undefined> {
  if (!isRefName(ref) || depth > MAX_DEPTH) return undefined;
  const text = await readRefFile(commonDir, ref);
  if (text?.startsWith("ref: ")) return resolveRef(commonDir, text.slice(5), depth + 1);
  if (text && OID.test(text)) return text;
  return packed(commonDir, ref);
}

/** HEAD of a worktree. */
export async function readHead(gitDir: string, commonDir: string): Promise<Head> {
  const text = await readLine(path.join(gitDir, "HEAD"));
  if (text === undefined) return {};
  if (!text.startsWith("ref: ")) return OID.test(text) ? { commit: text } : {};
  let ref = text.slice(5);
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const next = isRefName(ref) ? await readRefFile(commonDir, ref) : undefined;
    if (!next?.startsWith("ref: ")) break;
    ref = next.slice(5);
  }
  if (!isRefName(ref)) return {};
  const commit = await resolveRef(commonDir, ref);
  return commit === undefined ? { ref } : { ref, commit };
}

/** Thrown by `updateRef` when the ref is not what the caller saw, or somebody holds its lock. */
export class RefMoved extends Error {}

/**
 * Compare-and-swap of a ref under git's own `<ref>.lock`: from `before` (undefined = must not be there) to `after`.
 * Throws RefMoved when it is not `before` or its lock is held.
 */
export async function updateRef(
  commonDir: string,
  ref: string,
  before: string | undefined,
  after: string,
): Promise<void> {
  if (!isRefName(ref)) throw new Error(`${ref} is no name for a ref`);
  const file = path.join(commonDir, ref);
  const lock = `${file}.lock`;
  if (!(await createExclusive(lock, `${after}\n`))) throw new RefMoved(`${ref} is locked`);
  try {
    const now = await resolveRef(commonDir, ref);
    if (now !== before) throw new RefMoved(`${ref} moved`);
    fs.renameSync(lock, file);
  } catch (error) {
    removeFile(lock);
    throw error;
  }
}

/** Appends one line to a reflog, when git keeps one there. Times in seconds, offset as git writes it (`+0100`). */
export async function appendReflog(log: string, line: string): Promise<void> {
  try {
    // Never created here: git decides where it keeps one.
    const descriptor = fs.openSync(log, fs.constants.O_WRONLY | fs.constants.O_APPEND);
    try {
      fs.writeFileSync(descriptor, `${line}\n`);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

import fs from "node:fs";
import path from "node:path";
import { MemoryError } from "../errors.js";
import { isErrno } from "../git/git-fs.js";

/**
 * Throws the file system's error when a file could not be made or replaced at one of these places, now or once its
 * folders are there: making the folders may end in any other error.
 */
export function assertWritable(...files: readonly string[]): void {
  for (const file of files)
    for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
      try {
        fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK);
        break;
      } catch (error) {
        if (!isErrno(error, "ENOENT")) throw error;
      }
    }
}

/** Whether files could be made or replaced at all these places. */
export function isWritable(...files: readonly string[]): boolean {
  try {
    assertWritable(...files);
    return true;
  } catch {
    return false;
  }
}

/** `forbidden` for what the file system says where writing is not allowed; any other error as it is. */
export const asRefusal = (error: unknown): unknown =>
  isErrno(error, "EACCES", "EPERM", "EROFS")
    ? new MemoryError(
        "forbidden",
        "This store cannot be written here: the file system is read-only or permission is missing. Nothing was written.",
      )
    : error;

import fs from "node:fs";
import path from "node:path";

interface WalkedFile {
  readonly file: string;
  readonly refused?: string;
}

/** Every file below `root` whose path has no segment with a leading dot; links and devices come with a reason. */
export function* walkFiles(root: string, folder = ""): Generator<WalkedFile> {
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(path.join(root, folder), { withFileTypes: true });
  } catch {
    // Removed since its parent was read, or not readable: what was known below it is looked at singly.
    return;
  }
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const file = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walkFiles(root, file);
    else if (entry.isFile()) yield { file };
    else if (entry.isSymbolicLink()) yield { file, refused: "a symbolic link, which is not followed" };
    else yield { file, refused: "not a regular file" };
  }
}

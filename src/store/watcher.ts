import fs from "node:fs";
import path from "node:path";

/** What a watcher tells: paths from the store's root that may have changed, or that it cannot tell. */
export interface WatchEvents {
  touched(file: string): void;
  /** Something changed that needs a scan. */
  unknown(): void;
  /** Watching ended; from here on only scans notice hand edits. */
  failed(reason: string): void;
}

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "error";
  if (code === "ENOSPC" || code === "EMFILE") return "the system's limit of inotify watches is reached";
  return `watching failed (${code})`;
};

/**
 * Watches the folders of a store, one watch a folder however many files it holds. Events are hints: the caller looks
 * at the file itself. Gives the function that ends it.
 *
 * Not chokidar: on each event it reads the folder anew and asks for the state of every file in it, 13 ms of a write
 * in a folder of 1,000.
 */
export function watchFolders(root: string, events: WatchEvents): () => void {
  const watchers = new Map<string, fs.FSWatcher>();
  const close = (): void => {
    for (const watcher of watchers.values()) watcher.close();
    watchers.clear();
  };
  const fail = (error: unknown): void => {
    close();
    events.failed(reasonOf(error));
  };
  const remove = (folder: string): void => {
    for (const [name, watcher] of watchers) {
      if (name !== folder && !name.startsWith(`${folder}/`)) continue;
      watcher.close();
      watchers.delete(name);
    }
  };
  const heard = (folder: string, type: string, name: string | null): void => {
    if (name === null) {
      events.unknown();
      return;
    }
    if (name.startsWith(".")) return;
    const file = folder === "" ? name : `${folder}/${name}`;
    events.touched(file);
    if (type !== "rename") return;
    const stat = fs.lstatSync(path.join(root, file), { throwIfNoEntry: false });
    if (!stat?.isDirectory() && !watchers.has(file)) return;
    // Another folder may be there now under the name that we watch.
    remove(file);
    if (stat?.isDirectory()) start(file);
    events.unknown();
  };
  const start = (folder: string): void => {
    try {
      add(folder);
    } catch (error) {
      fail(error);
    }
  };
  const add = (folder: string): void => {
    try {
      const watcher = fs.watch(path.join(root, folder), { persistent: false }, (type, name) =>
        heard(folder, type, name),
      );
      watchers.set(folder, watcher);
      watcher.on("error", (error) => (fs.existsSync(path.join(root, folder)) ? fail(error) : remove(folder)));
      for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true }))
        if (entry.isDirectory() && !entry.name.startsWith("."))
          add(folder === "" ? entry.name : `${folder}/${entry.name}`);
    } catch (error) {
      // Gone again already; whatever comes next in its place is told by its parent.
      if (fs.existsSync(path.join(root, folder))) throw error;
      remove(folder);
    }
  };
  start("");
  return close;
}

import path from "node:path";
import { watch } from "chokidar";

/** What a watcher tells: paths from the store's root that may have changed, or that it cannot tell. */
export interface WatchEvents {
  touched(file: string): void;
  /** Something changed that needs a scan. */
  unknown(): void;
  /** Watching ended; from here on only scans notice hand edits. */
  failed(reason: string): void;
}

/**
 * Watches the folders of a store, one watch a folder however many files it holds. Events are hints: the caller looks
 * at the file itself. Gives the function that ends it.
 */
export function watchFolders(root: string, events: WatchEvents): () => Promise<void> {
  const watcher = watch(root, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (file, stats) => stats?.isFile() === true || (file !== root && path.basename(file).startsWith(".")),
  });
  watcher.on("raw", (_event, file, details) => {
    const folder =
      typeof details === "object" && details !== null && "watchedPath" in details ? String(details.watchedPath) : "";
    const name = file ? path.relative(root, path.join(folder || root, file)) : "";
    if (name && !name.startsWith("..")) events.touched(name.split(path.sep).join("/"));
    else events.unknown();
  });
  watcher.on("addDir", () => events.unknown());
  watcher.on("unlinkDir", () => events.unknown());
  watcher.on("error", (error) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "error";
    events.failed(code === "ENOSPC" ? "the system's limit of inotify watches is reached" : `watching failed (${code})`);
    void watcher.close();
  });
  return () => watcher.close();
}

import fs from "node:fs/promises";
import path from "node:path";
import { type Finding, ok, warning } from "./finding.js";

/** As many servers, one for each session of each agent, may watch a store at once. */
const SERVERS = 8;

async function limit(folder: string, name: string): Promise<number | undefined> {
  const text = await fs.readFile(path.join(folder, name), "utf8").catch(() => undefined);
  return text === undefined ? undefined : Number(text.trim());
}

async function countFolders(folder: string): Promise<number> {
  const entries = await fs.readdir(folder, { withFileTypes: true });
  const inner = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  const counts = await Promise.all(inner.map(({ name }) => countFolders(path.join(folder, name))));
  return counts.reduce((sum, count) => sum + count, 1);
}

/** The system's limits of what can be watched (inotify(7)) against the folders of a store; nothing where there are none. */
export async function checkWatches(root: string, limits: string): Promise<Finding[]> {
  const [watches, instances] = [await limit(limits, "max_user_watches"), await limit(limits, "max_user_instances")];
  if (watches === undefined || instances === undefined) return [];
  const folders = await countFolders(root);
  const low = [
    ...(folders * SERVERS > watches ? [["max_user_watches", watches, 524_288] as const] : []),
    ...(instances < 4 * SERVERS ? [["max_user_instances", instances, 512] as const] : []),
  ];
  if (low.length === 0) return [ok("watches", `${folders} folders to watch, of ${watches} that the system allows`)];
  const told = low.map(([name, value]) => `fs.inotify.${name} is ${value}`).join(" and ");
  return [
    warning(
      "watches",
      `${told}: with ${folders} folders and ${SERVERS} agents, edits by hand may be noticed a second late.`,
      `sudo sysctl ${low.map(([name, , better]) => `fs.inotify.${name}=${better}`).join(" ")}`,
    ),
  ];
}

import { fileURLToPath } from "node:url";
import type { Peer } from "./protocol.js";

/** How long a client may take to say what its roots are (milliseconds). */
const ROOTS_MS = 1_000;

/** The path that a root names; undefined for one that is no folder of this machine. */
function folderOf(root: unknown): string | undefined {
  const uri = typeof root === "object" && root !== null && "uri" in root ? root.uri : undefined;
  if (typeof uri !== "string" || !/^file:/i.test(uri)) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    // Another machine's, or not what a path can be.
    return undefined;
  }
}

/**
 * The folders that the client calls its roots (MCP 2025-11-25, "Roots"), in its order; none when it has no such thing,
 * fails, or does not answer in about a second.
 */
export async function rootFolders({ initialized, capabilities, request }: Peer): Promise<readonly string[]> {
  if (!capabilities().roots) return [];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), ROOTS_MS);
  });
  // A server asks nothing before the handshake is over.
  const begun = await Promise.race([initialized, late]).finally(() => clearTimeout(timer));
  if (begun === "late") return [];
  const answer = await request("roots/list", {}, ROOTS_MS).catch(() => undefined);
  const roots = Array.isArray(answer?.roots) ? answer.roots : [];
  return roots.map(folderOf).filter((folder) => folder !== undefined);
}

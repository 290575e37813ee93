import type { GitBinary } from "../../git/git-binary.js";
import { type Facts, type Finding, ok, problem, warning } from "./finding.js";

/** The oldest Node that this program runs on. */
const OLDEST_NODE = [20, 19] as const;

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [least, leastMinor] = OLDEST_NODE;
  if (major > least || (major === least && minor >= leastMinor)) return ok("node", `Node ${version}`);
  return problem("node", `Node ${version} is older than ${least}.${leastMinor}.`, "install a newer Node");
}

async function checkGit(git: GitBinary | undefined, cwd: string): Promise<Finding> {
  if (git) return ok("git", (await git.output(["version"], { cwd })).toString("utf8").trim());
  return warning(
    "git",
    "The git program was not found. Memories work without it; hooks, signing, merges and some repositories need it.",
    "install git, or name it in GIT_MEMORY_GIT",
  );
}

/** The programs that we need. */
export async function checkPrograms({ node, git, directory }: Facts): Promise<Finding[]> {
  return [checkNode(node), await checkGit(git, directory)];
}

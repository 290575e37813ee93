import type { Host } from "./host.js";
import { resolveRef } from "./refs.js";
import { assertHarmless } from "./remote.js";
import { engineTransport } from "./transport-engine.js";
import { refusal, type Transport } from "./transport-refusal.js";

/** A remote may be slow, and its history long. */
const TRIP_MS = 600_000;

/** How a remote is reached: through the git program where there is one, else over HTTP with a token. */
export const transportOf = (host: Host, token: string | undefined): Transport =>
  host.git ? binaryTransport(host) : engineTransport(host, token);

function binaryTransport(host: Host): Transport {
  const git = host.git!;
  const { top, commonDir } = host.repository;
  const options = { cwd: top, remote: true, timeout: TRIP_MS };
  return {
    fetch: async (remote) => {
      await assertHarmless(git, top, remote);
      const args = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", remote.name];
      const { status, stderr } = await git.run([...args, `+${remote.branch}:${remote.tracking}`], options);
      if (status === 0) return resolveRef(commonDir, remote.tracking);
      if (/couldn't find remote ref/.test(stderr)) return undefined;
      throw refusal(remote, "fetch", causeOf(stderr));
    },
    push: async (remote, commit) => {
      await assertHarmless(git, top, remote);
      // Hooks are off for whatever we run; a push must not sign, tag or go into submodules by configuration either.
      const args = ["push", "--quiet", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags"];
      const refspec = `${commit}:${remote.branch}`;
      const run = await git.run([...args, "--recurse-submodules=no", remote.name, refspec], options);
      if (run.status === 0) return "pushed";
      const answer = run.stdout.toString("utf8");
      if (MOVED.test(answer)) return "moved";
      throw refusal(remote, "push", /\[remote rejected\]/.test(answer) ? "rejected" : causeOf(run.stderr));
    },
  };
}

/** What git says when somebody else was faster. */
const MOVED =
  /\[rejected\]|\[remote rejected\] \((?:cannot lock ref|failed to update ref|failed to lock|incorrect old value|fetch first|non-fast-forward)/;

function causeOf(stderr: string): Parameters<typeof refusal>[2] {
  if (/Authentication failed|could not read (?:Username|Password)|Permission denied \(|error: 401\b/.test(stderr))
    return "unauthenticated";
  if (/error: 403\b|Permission to .* denied|not authorized|access denied/i.test(stderr)) return "forbidden";
  if (/not found|does not appear to be a git repository|does not exist|error: 404\b/i.test(stderr)) return "absent";
  return "unreachable";
}

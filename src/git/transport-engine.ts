import path from "node:path";
import { readConfig } from "./config-file.js";
import { writeAtomic } from "./git-fs.js";
import type { Host } from "./host.js";
import { type EngineTrip, fetchByEngine, pushByEngine } from "./objects.js";
import { resolveRef } from "./refs.js";
import type { Remote } from "./remote.js";
import { refusal, type Transport } from "./transport-refusal.js";

/** One request of a trip may take so long (milliseconds). */
const REQUEST_MS = 300_000;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** The engine's way to the network: Node's own `fetch`. */
const http: EngineTrip["http"] = {
  request: async ({ url, method = "GET", headers = {}, body }) => {
    const parts: Uint8Array[] = [];
    for await (const part of body ?? []) parts.push(part);
    const sent = parts.length > 0 ? { body: Buffer.concat(parts) } : {};
    const signal = AbortSignal.timeout(REQUEST_MS);
    const response = await fetch(url, { method, headers, signal, ...sent });
    // Whole, or not at all: the engine takes an answer that breaks off for a shorter one.
    const whole = new Uint8Array(await response.arrayBuffer());
    return {
      url: response.url,
      method,
      headers: Object.fromEntries(response.headers),
      body: once(whole),
      statusCode: response.status,
      statusMessage: response.statusText,
    };
  },
};

async function* once(bytes: Uint8Array): AsyncIterableIterator<Uint8Array> {
  yield bytes;
}

/** Reaches remotes over HTTP(S) without the git program; `token` is shown to those that ask, and over plain HTTP to this machine only. */
export function engineTransport({ repository, objects }: Host, token: string | undefined): Transport {
  const { commonDir, gitDir } = repository;
  const trip = async <T>(
    remote: Remote,
    verb: "fetch" | "push",
    ref: string,
    go: (trip: EngineTrip) => Promise<T>,
  ): Promise<T> => {
    const config = await readConfig([path.join(commonDir, "config")], "", gitDir);
    const keys = verb === "push" ? ["pushurl", "url"] : ["url"];
    const address = keys.map((key) => config.get(`remote.${remote.name}.${key}`)).find((one) => one !== undefined);
    if (!/^https?:\/\//i.test(address ?? "")) throw refusal(remote, verb, "git-only");
    let insecure = false;
    const credentials = (url: string) => {
      const { protocol, hostname } = new URL(url);
      if (token === undefined) return undefined;
      insecure = protocol !== "https:" && !LOOPBACK.test(hostname);
      // Hosts look at the token and not at the name; some want that there is one.
      return insecure ? undefined : { username: "x-access-token", password: token };
    };
    const { name, branch: remoteRef } = remote;
    try {
      return await go({ gitdir: commonDir, remote: name, ref, remoteRef, http, credentials });
    } catch (error) {
      throw refusal(remote, verb, insecure ? "insecure" : causeOf(error));
    }
  };
  return {
    fetch: async (remote) => {
      const { branch, tracking, url } = remote;
      const known = await resolveRef(commonDir, tracking);
      const commit = await trip(remote, "fetch", known === undefined ? branch : tracking, async (one) => {
        try {
          return await fetchByEngine(one);
        } catch (error) {
          // The repository is there, the branch is not.
          if (codeOf(error) === "NotFoundError") return null;
          throw error;
        }
      });
      if (commit === null) return undefined;
      if (!(await objects.commit(commit))) throw refusal(remote, "fetch", "unreachable");
      if (commit !== known) await writeAtomic(path.join(commonDir, tracking), `${commit}\n`);
      // As git notes it: when was looked last is what people read from this file.
      const line = `${commit}\t\tbranch '${branch.replace(/^refs\/heads\//, "")}' of ${url}\n`;
      await writeAtomic(path.join(gitDir, "FETCH_HEAD"), line, { durable: false });
      return commit;
    },
    push: (remote, _commit, ref) =>
      trip(remote, "push", ref, async (one) => {
        try {
          await pushByEngine(one);
          return "pushed";
        } catch (error) {
          if (hasMoved(error)) return "moved";
          throw error;
        }
      }),
  };
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

const dataOf = (error: unknown): Readonly<Record<string, unknown>> =>
  error instanceof Error && "data" in error ? (error.data as Readonly<Record<string, unknown>>) : {};

/** True when somebody else pushed before: their commit is not here, or the remote's lock was theirs. */
function hasMoved(error: unknown): boolean {
  const code = codeOf(error);
  if (code === "PushRejectedError" || code === "NotFoundError") return true;
  return (
    code === "GitPushError" &&
    /lock|old value|fetch first|fast-forward|failed to update/.test(JSON.stringify(dataOf(error)))
  );
}

function causeOf(error: unknown): Parameters<typeof refusal>[2] {
  const code = codeOf(error);
  if (code === "UserCanceledError") return "unauthenticated";
  if (code === "GitPushError") return "rejected";
  const causes = { 401: "unauthenticated", 403: "forbidden", 404: "absent" } as const;
  const status = dataOf(error).statusCode as keyof typeof causes;
  return code === "HttpError" ? (causes[status] ?? "unreachable") : "unreachable";
}

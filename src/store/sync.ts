import fs from "node:fs";
import path from "node:path";
import { MemoryError } from "../errors.js";
import type { Host } from "../git/host.js";
import { divergence } from "../git/merge-base.js";
import { type Head, resolveRef } from "../git/refs.js";
import { type Remote, remoteOf } from "../git/remote.js";
import { transportOf } from "../git/transport.js";
import { beginStore } from "./begin-store.js";
import type { StoreContext } from "./context.js";
import type { Publication } from "./publisher.js";
import { type Pulled, pullOnce } from "./pull.js";
import { refused } from "./sync-refusal.js";

/** How a store stands to its remote, as of the last fetch. */
export interface SyncState {
  /** `checked_in`: it travels with the code, by the person's own git pull and push. */
  readonly kind: "own" | "checked_in" | "plain";
  readonly branch?: string;
  readonly commit?: string;
  readonly remote?: Remote;
  /** Commits that the remote lacks, and that are lacking here; absent before the first fetch. */
  readonly ahead?: number;
  readonly behind?: number;
  /** Milliseconds since 1970. */
  readonly fetchedAt?: number;
}

/** What the store lends its sync. */
export interface SyncDoor {
  /** Runs with the write lock held, after what a dead process left is mended. */
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>;
  /** Publishes what is pending. */
  readonly publish: () => Promise<Publication>;
  /** False where the person's commits are to be signed. */
  readonly unsigned: () => Promise<boolean>;
  readonly refresh: () => Promise<void>;
}

/** So often somebody may be faster before a push is given up, or move our branch during a pull. */
const ATTEMPTS = 5;

const NOTHING: Pulled = { how: "current", pulled: 0, merged: 0, conflicts: [] };

const both = (first: Pulled, then: Pulled): Pulled => ({
  how: then.how === "current" ? first.how : then.how,
  pulled: first.pulled + then.pulled,
  merged: first.merged + then.merged,
  conflicts: [...new Set([...first.conflicts, ...then.conflicts])],
});

/** A store and its remote, kept in step. */
export class Sync {
  readonly #context: StoreContext;
  readonly #door: SyncDoor;

  constructor(context: StoreContext, door: SyncDoor) {
    this.#context = context;
    this.#door = door;
  }

  async state(): Promise<SyncState> {
    const { host, usual } = this.#context;
    if (!host) return { kind: "plain" };
    const kind = usual === "each" ? "own" : "checked_in";
    const { ref, commit } = host.readable ? await host.head() : {};
    const known = { kind, ...(commit === undefined ? {} : { commit }) } as const;
    if (ref === undefined) return known;
    const remote = await remoteOf(host, ref);
    const branch = ref.replace(/^refs\/heads\//, "");
    if (!remote) return { ...known, branch };
    const theirs = await this.#tracked(host, remote);
    const [ahead, behind] = commit !== undefined && theirs !== undefined ? await divergence(host, commit, theirs) : [];
    const looked = fs.statSync(path.join(host.repository.gitDir, "FETCH_HEAD"), { throwIfNoEntry: false });
    return {
      ...known,
      branch,
      remote,
      ...(ahead === undefined || behind === undefined ? {} : { ahead, behind }),
      ...(looked === undefined ? {} : { fetchedAt: Math.floor(looked.mtimeMs) }),
    };
  }

  async #tracked(host: Host, { tracking }: Remote): Promise<string | undefined> {
    if (host.plainObjects) return resolveRef(host.repository.commonDir, tracking);
    const args = ["rev-parse", "-q", "--verify", tracking];
    return (await host.git?.run(args, { cwd: host.repository.top }))?.stdout.toString().trim() || undefined;
  }

  /** Brings what the remote has into the branch, the index and the working files. Throws MemoryError, and nothing is changed then. */
  async pull(): Promise<Pulled> {
    const { host, remote } = await this.#ready("pull");
    return this.#pull(host, remote);
  }

  /** Pulls, then pushes; again when somebody else pushed in between. */
  async push(): Promise<Pulled & { readonly pushed: boolean }> {
    const { host, remote } = await this.#ready("push");
    let pulled = NOTHING;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      pulled = both(pulled, await this.#pull(host, remote));
      const { ref, commit } = await host.head();
      if (ref === undefined || commit === undefined)
        throw refused("push", "HEAD is detached", "git switch BRANCH first.");
      const theirs = await this.#tracked(host, remote);
      if (theirs === commit) return { ...pulled, pushed: attempt > 0 };
      if ((await transportOf(host, this.#context.token).push(remote, commit, ref)) === "pushed")
        return { ...pulled, pushed: true };
    }
    throw new MemoryError(
      "unavailable",
      `Nothing was pushed: others pushed to ${remote.name} each of ${ATTEMPTS} times. Everything is kept here; try again in a moment.`,
      { remote: remote.name },
    );
  }

  /** The repository and its remote; publishes what is pending. Throws where a person's own git has to do it. */
  async #ready(verb: "pull" | "push"): Promise<{ host: Host; remote: Remote }> {
    const { host, usual, publishes } = this.#context;
    if (!host) throw refused(verb, "this store is a plain folder without git", "Run `git init` in it first.");
    if (usual !== "each") throw refused(verb, "this store travels with its repository", `Use \`git ${verb}\` there.`);
    if (!publishes)
      throw new MemoryError(
        "forbidden",
        `Nothing was done: in continuous integration nothing goes to a branch. Use \`git ${verb}\`.`,
      );
    const obstacles = await host.obstacles();
    if (obstacles.length > 0)
      throw refused(verb, `this repository uses ${obstacles.join(" and ")}`, `Use \`git ${verb}\`.`);
    const head = await this.#published(verb, host);
    const remote = await remoteOf(host, head.ref!);
    if (remote) return { host, remote };
    throw refused(
      verb,
      "this branch has no remote",
      `\`git remote add origin ADDRESS\` names one, then ${verb} again.`,
    );
  }

  async #published(verb: "pull" | "push", host: Host): Promise<Head> {
    return this.#door.exclusive(async () => {
      const blocked = await host.blocked(await host.head(), []);
      const reason = blocked ?? (await this.#door.publish()).pending ?? (await this.#begun(host));
      if (reason !== undefined)
        throw refused(verb, reason, "Finish that, then try again; what is pending is kept in the journal.");
      await this.#door.refresh();
      return host.head();
    });
  }

  /** Why the store itself cannot be committed first, where it is in no commit yet. */
  async #begun(host: Host): Promise<string | undefined> {
    return (await this.#door.unsigned()) ? beginStore(this.#context, host) : undefined;
  }

  async #pull(host: Host, remote: Remote): Promise<Pulled> {
    // Whoever writes meanwhile does not wait for the network.
    const theirs = await transportOf(host, this.#context.token).fetch(remote);
    if (theirs === undefined) return NOTHING;
    return this.#door.exclusive(async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const { pending } = await this.#door.publish();
        if (pending !== undefined) throw refused("pull", pending, "Finish that, then try again.");
        const pulled = await pullOnce(this.#context, host, remote, theirs, this.#door.unsigned);
        if (pulled === "moved") continue;
        if (pulled.how !== "current") await this.#door.refresh();
        return pulled;
      }
      throw refused("pull", "the branch kept moving", "Try again in a moment.");
    });
  }
}

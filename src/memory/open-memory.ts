import { setTimeout as pause } from "node:timers/promises";
import { inCi } from "../config/in-ci.js";
import { findGit, type GitBinary } from "../git/git-binary.js";
import { bootId, processStart } from "../git/lock.js";
import { chooseEmbedder, type EmbedderWorld } from "../search/embedders/choose-embedder.js";
import { findingPersonal, findingProject } from "../store/find-again.js";
import { type FoundStore, namedStore, type Place, personalFolder, projectOf } from "../store/find-store.js";
import { newUuid } from "./ids.js";
import { Memory } from "./memory.js";

/** The facts of a process that a memory needs; a Node program passes them from `process` and `os`. */
export interface ProcessFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** The process that started this one, such as a shell. */
  readonly parent?: number;
  readonly host: string;
  readonly home: string;
  /** True when a process with this id is there. */
  readonly runs: (pid: number) => boolean;
  /** Names the text of the program, such as a digest of it; without it no index is saved for the next start. */
  readonly build?: string;
  /** Told what goes wrong where no call can say it. */
  readonly log?: (message: string, cause: unknown) => void;
}

export interface OpenOptions {
  /** The store, or the folder that holds it; nothing else is looked at then. */
  readonly root?: string | undefined;
  /** Where to look for the project's store, upwards. */
  readonly directory: string;
  /** Where to look before that, in this order. */
  readonly places?: readonly Place[] | undefined;
  /** Notice hand edits as they happen: for a server. */
  readonly watch: boolean;
  /** Makes the person's own store in a folder; without it there is only one that is there already. */
  readonly makePersonal?: ((folder: string) => Promise<void>) | undefined;
  /** Settings given on the command line: they win over every other place. */
  readonly flags?: Readonly<Record<string, unknown>> | undefined;
  /** The git program; looked for when absent. */
  readonly git?: GitBinary | undefined;
}

/** What embedders are lent by a process that may ask the network. */
export const embedderWorld = ({ env, home }: Pick<ProcessFacts, "env" | "home">): EmbedderWorld => ({
  env,
  home,
  request: fetch,
  pause: async (milliseconds, signal) => pause(milliseconds, undefined, signal ? { signal } : {}),
  timeout: (milliseconds) => AbortSignal.timeout(milliseconds),
});

/** A memory over the store that is found, opening in the background; calls wait for it and tell what is wrong with it. */
export async function openMemory(options: OpenOptions, facts: ProcessFacts): Promise<Memory> {
  const { env, home, pid, host } = facts;
  const world = embedderWorld({ env, home });
  // The commands of one shell are one writer's; a server is one by itself.
  const writer = options.watch ? pid : (facts.parent ?? pid);
  const ci = inCi(env);
  const { root, directory, places = [], makePersonal: make } = options;
  const folder = personalFolder(env, home);
  const personal = findingPersonal(folder);
  const memory = new Memory({
    find: root
      ? () => namedStore(root, places.find((one) => typeof one === "string") ?? directory)
      : findingProject([...places, directory], home),
    project: () => projectOf([...places, directory], home),
    personal: { find: personal, make: make && !ci ? () => makeAt(folder, make, personal) : undefined, home },
    flags: options.flags,
    newId: newUuid,
    git: options.git ?? (await findGit(env.GIT_MEMORY_GIT || "git", env)),
    env,
    writer: `${writer}-${await processStart(writer)}`,
    owner: { host, boot: await bootId(), pid, started: await processStart(pid) },
    isAlive: async (holder) =>
      facts.runs(holder.pid) && (holder.started === "" || (await processStart(holder.pid)) === holder.started),
    now: Date.now,
    watch: options.watch && !ci,
    publishes: !ci,
    log: facts.log,
    build: facts.build,
    embedder: { choose: (choice) => chooseEmbedder(choice, world), pause: world.pause },
  });
  memory.start();
  return memory;
}

async function makeAt(
  folder: string,
  make: (folder: string) => Promise<void>,
  find: () => Promise<FoundStore | undefined>,
): Promise<FoundStore> {
  await make(folder);
  const made = await find();
  if (!made) throw new Error("the person's own store was made and is not there");
  return made;
}

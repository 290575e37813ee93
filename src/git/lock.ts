import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MemoryError } from "../errors.js";
import { createExclusive, readIfThere, removeFile } from "./git-fs.js";
import { blobId } from "./objects.js";

/** Who may hold a lock: one process of one boot of one machine. */
export interface Owner {
  readonly host: string;
  /** Empty where the system does not tell. */
  readonly boot: string;
  readonly pid: number;
  /** Process start time as the system counts it; empty where it does not tell. */
  readonly started: string;
}

interface Held extends Owner {
  readonly nonce: string;
}

/** Asks whether a process of this machine is still the one that took the lock. */
export type IsAlive = (owner: Owner) => Promise<boolean>;

const HEARTBEAT_MS = 2_000;
/** A holder on another machine is taken for dead when its heartbeat is this old. */
const FOREIGN_DEAD_MS = 30_000;
const WAIT_MS = 10_000;

/** Start time of a process from /proc (proc(5), field 22), empty where there is no /proc. */
export async function processStart(pid: number): Promise<string> {
  const stat = await fs.readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** Boot id from /proc, empty where there is none. */
export const bootId = async (): Promise<string> =>
  (await fs.readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();

function parse(text: string | undefined): Held | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "nonce" in value ? (value as Held) : undefined;
  } catch {
    return undefined;
  }
}

const nameOf = (holder: Held | undefined): string =>
  holder ? `process ${holder.pid} on ${holder.host}` : "another process";

/** The write lock: one file, shared by every process that writes to a store. */
export class WriteLock {
  readonly #file: string;
  readonly #owner: Owner;
  readonly #isAlive: IsAlive;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(file: string, owner: Owner, isAlive: IsAlive) {
    this.#file = file;
    this.#owner = owner;
    this.#isAlive = isAlive;
  }

  /**
   * Runs `work` alone: after what this process queued before, and against every other process. Waits up to `wait`
   * milliseconds for the others, then throws `locked` naming the holder.
   */
  hold<T>(work: () => Promise<T>, wait = WAIT_MS): Promise<T> {
    const turn = this.#tail.then(async () => {
      const nonce = await this.#acquire(wait);
      const beat = setInterval(
        () => void fs.utimes(this.#file, new Date(), new Date()).catch(() => undefined),
        HEARTBEAT_MS,
      );
      beat.unref();
      try {
        return await work();
      } finally {
        clearInterval(beat);
        await this.#release(nonce);
      }
    });
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Who holds the lock now, as words, and whether that process is gone; undefined = it is free. */
  async holder(): Promise<{ readonly who: string; readonly dead: boolean } | undefined> {
    const text = await this.#read(this.#file);
    return text === undefined ? undefined : { who: nameOf(parse(text)), dead: await this.#dead(this.#file, text) };
  }

  async #acquire(wait: number): Promise<string> {
    const nonce = randomBytes(12).toString("hex");
    const text = JSON.stringify({ ...this.#owner, nonce });
    const deadline = performance.now() + wait;
    for (let pause = 1; ; pause = Math.min(pause * 1.5, 25)) {
      if (await createExclusive(this.#file, text, { durable: false })) return nonce;
      const holder = await this.#read(this.#file);
      if (holder === undefined) continue;
      if ((await this.#dead(this.#file, holder)) && (await this.#takeOver(holder, text))) continue;
      if (performance.now() > deadline) throw this.#refusal(holder);
      await sleep(pause * (0.5 + Math.random()));
    }
  }

  async #read(file: string): Promise<string | undefined> {
    return (await readIfThere(file))?.toString("utf8");
  }

  /** True when whoever wrote `text` into `file` is gone. */
  async #dead(file: string, text: string): Promise<boolean> {
    const holder = parse(text);
    if (holder && holder.host === this.#owner.host) {
      if (holder.boot !== this.#owner.boot) return true;
      return !(await this.#isAlive(holder));
    }
    const stat = await fs.stat(file).catch(() => undefined);
    return stat !== undefined && Date.now() - stat.mtimeMs > FOREIGN_DEAD_MS;
  }

  /**
   * Removes a dead holder's lock: true when it is gone. Only who holds the claim on that very holder may, so two takers
   * cannot both win; a taker that died is passed over by a claim with the next number. Claims go after the lock, so
   * as long as the dead holder's text is there, only one living taker has a claim.
   */
  async #takeOver(seen: string, mine: string): Promise<boolean> {
    const name = `${this.#file}.${blobId(Buffer.from(seen)).slice(0, 16)}`;
    for (let number = 0; ; number++) {
      const claim = `${name}.${number}`;
      if (!(await createExclusive(claim, mine, { durable: false }))) {
        const taker = await this.#read(claim);
        if (taker !== undefined && (await this.#dead(claim, taker))) continue;
        return false;
      }
      if ((await this.#read(this.#file)) === seen) removeFile(this.#file);
      for (; number >= 0; number--) removeFile(`${name}.${number}`);
      return true;
    }
  }

  async #release(nonce: string): Promise<void> {
    if (parse(await this.#read(this.#file))?.nonce === nonce) removeFile(this.#file);
  }

  #refusal(text: string | undefined): MemoryError {
    const holder = parse(text);
    return new MemoryError(
      "locked",
      `The store is being written by ${nameOf(holder)} and did not become free in time. Nothing was written; try again in a moment.`,
      holder
        ? {
            pid: holder.pid,
            host: holder.host,
            lock: path.basename(this.#file),
          }
        : {},
    );
  }
}

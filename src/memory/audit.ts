import { type AuditRecord, appendAudit, auditLine, readAudit } from "../store/audit-log.js";
import type { Store } from "../store/store.js";
import { isWritable } from "../store/writable.js";

export interface AuditOptions {
  /** The store of calls that name none, once it is open. */
  readonly store: () => Store | undefined;
  /** What the person's settings say. */
  readonly wanted: () => boolean;
  /** False in continuous integration. */
  readonly records: boolean;
  readonly now: () => number;
  /** Told once when nothing can be recorded, and why. */
  readonly log: (message: string, cause: unknown) => void;
}

/** Which calls are asked for; all of them when nothing is said. */
export interface AuditFilter {
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  /** `history list`; `history` means all of its actions. */
  readonly operation?: string | undefined;
  readonly session?: string | undefined;
}

/** How long a line waits for others at most (milliseconds). */
const FLUSH_MS = 500;
/** So many lines wait for a disk that is slow, or a store that is not there yet; then the oldest go. */
const MOST_WAITING = 10_000;

/** The calls that a server answered, on record beside its store: nobody who calls waits for that, or sees it fail. */
export class Audit {
  readonly #options: AuditOptions;
  #waiting: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #said = false;
  #closed = false;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  /** Puts a call on record, soon. */
  note(record: AuditRecord): void {
    if (this.#closed) return;
    this.#waiting.push(auditLine(record));
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Writes what waits; never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write()).catch((error: unknown) => this.#say(error));
    return this.#writing;
  }

  async #write(): Promise<void> {
    const store = this.#options.store();
    if (!store || this.#waiting.length === 0) return;
    const lines = this.#waiting;
    this.#waiting = [];
    if (!this.#options.wanted()) return;
    const refusal = this.#refusal(store);
    if (refusal === undefined) await appendAudit(store.localFolder, lines, this.#options.now);
    else this.#say(refusal);
  }

  #refusal({ root, localFolder }: Store): string | undefined {
    if (!this.#options.records) return "calls are not recorded in continuous integration";
    const writable = [root, localFolder].every((folder) => isWritable(`${folder}/x`));
    return writable ? undefined : "calls are not recorded: this checkout is read-only";
  }

  #say(cause: unknown): void {
    if (!this.#said) this.#options.log("audit", cause);
    this.#said = true;
  }

  /** The calls on record, newest first, of every server that runs or ran on this store. */
  async read(store: Store, { since, operation, session }: AuditFilter): Promise<AuditRecord[]> {
    await this.flush();
    return (await readAudit(store.localFolder)).filter(
      (one) =>
        (since === undefined || Date.parse(one.time) >= since) &&
        (operation === undefined || one.operation === operation || one.operation.startsWith(`${operation} `)) &&
        (session === undefined || one.session === session),
    );
  }

  /** Writes what waits and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }
}

import path from "node:path";
import { MANIFEST_FILE, type Manifest, parseManifest } from "../entry/manifest.js";
import { MemoryError } from "../errors.js";
import { createExclusive, readIfThere } from "../git/git-fs.js";
import { Host } from "../git/host.js";
import type { Person } from "../git/identity.js";
import { Journal, RefMoved } from "../git/journal.js";
import { WriteLock } from "../git/lock.js";
import { type CommitOutcome, commitStore } from "./commit-store.js";
import type { CommitMode, StoreContext } from "./context.js";
import type { FoundStore } from "./find-store.js";
import { Follower } from "./follower.js";
import { type History, history, readVersion } from "./history.js";
import { HistoryIndex } from "./history-index.js";
import { JournalLog } from "./journal-log.js";
import { lastWrite, writesSince } from "./last-write.js";
import { LocalState, localFolder } from "./local-state.js";
import type { Current, HeadApart, Invalid, Known } from "./observed.js";
import { Observer } from "./observer.js";
import { Past } from "./past.js";
import { writeFiles } from "./private-files.js";
import { type Publication, publishPending } from "./publisher.js";
import { recover, recoverAtStart } from "./recovery.js";
import { sameSession } from "./same-session.js";
import type { Session } from "./session.js";
import { type StoreStatus, statusOf } from "./status.js";
import type { StoreOptions } from "./store-options.js";
import { type StoreView, storeView } from "./store-view.js";
import { Sync } from "./sync.js";
import { settleUnmerged, type Unmerged, unmergedFiles } from "./unmerged.js";
import { unsignedCommits } from "./unsigned.js";
import { rememberUser } from "./user.js";
import type { FileMark } from "./working-files.js";
import { asRefusal, assertWritable, isWritable } from "./writable.js";
import { StartOver, Writer } from "./writer.js";

const ATTEMPTS = 5;
/** Writes after which loose objects are packed. */
const PACK_AFTER = 500;

/** Entries on top of git: one folder of Markdown files with its journal, read and written by many processes. */
export class Store {
  readonly past: Past;
  /** Pulls and pushes of a store that is a repository of its own. */
  readonly sync: Sync;
  readonly #context: StoreContext;
  readonly #observer: Observer;
  readonly #lock: WriteLock;
  readonly #options: StoreOptions;
  readonly #follower: Follower;
  readonly #unsigned: () => Promise<boolean>;
  #unpublished: string | undefined;
  #writes = 0;

  private constructor(context: StoreContext, lock: WriteLock, options: StoreOptions) {
    this.#context = context;
    this.#observer = new Observer(context);
    this.#lock = lock;
    this.#options = options;
    this.#unsigned = unsignedCommits(context, options);
    this.#follower = new Follower(context, this.#observer, options);
    this.past = new Past(context, this.#observer, (work) => this.#follower.inTurn(work), options.sink);
    this.sync = new Sync(context, {
      exclusive: (work) => this.exclusive(work),
      publish: () => this.#publish(),
      unsigned: this.#unsigned,
      refresh: () => this.refresh(),
    });
  }

  /** Opens a store that was found. Throws `invalid_input` for a manifest that cannot be used. */
  static async open(found: FoundStore, options: StoreOptions): Promise<Store> {
    const bytes = await readIfThere(path.join(found.root, MANIFEST_FILE));
    if (!bytes) throw new MemoryError("not_found", `The store has no ${MANIFEST_FILE} any more.`);
    const manifest: Manifest = parseManifest(bytes);
    const host = found.repository && new Host(found.repository, options.git);
    const relative = found.repository ? path.relative(found.repository.top, found.root).split(path.sep).join("/") : "";
    const usual = host && relative === "" ? "each" : "journal";
    const local = new LocalState(localFolder(found.root, found.repository), found.repository?.worktree ?? "main");
    const journal = new Journal(local.journal, found.repository?.worktree ?? "main");
    const prefix = relative === "" ? "" : `${relative}/`;
    let news = (): void => undefined;
    const history = host?.readable ? new HistoryIndex(host, prefix, local.history(prefix), () => news()) : undefined;
    const context: StoreContext = {
      name: options.name,
      root: found.root,
      prefix,
      manifest,
      mode: options.mode ? options.mode(manifest, usual) : usual,
      usual,
      host,
      history,
      journal,
      log: new JournalLog(journal, local.log()),
      local,
      now: options.now,
      user: rememberUser(found, options),
      publishes: options.publishes,
      token: options.env.GIT_MEMORY_TOKEN || undefined,
    };
    const store = new Store(context, new WriteLock(local.lock, options.owner, options.isAlive), options);
    news = () => void store.past.note().catch(() => undefined);
    return store;
  }

  get name(): string {
    return this.#context.name;
  }

  get root(): string {
    return this.#context.root;
  }

  get manifest(): Manifest {
    return this.#context.manifest;
  }

  /** Who a write is recorded as when the caller names nobody. */
  user(): Promise<Person> {
    return this.#context.user();
  }

  /** The folder of what is never committed. */
  get localFolder(): string {
    return localFolder(this.root, this.#context.host?.repository);
  }

  /** The store's folder as seen from its repository's top; `.` when they are one. */
  get relativeRoot(): string {
    return this.#context.prefix.slice(0, -1) || ".";
  }

  /** Entries' files that cannot be read. */
  get invalid(): readonly Invalid[] {
    return this.#observer.invalid;
  }

  get mode(): CommitMode {
    return this.#context.mode;
  }

  /** The mode of this kind of store when no setting says otherwise. */
  get usualMode(): CommitMode {
    return this.#context.usual;
  }

  /** See `Observer.recall`: to be called before `start`. */
  recall(file: string, known: Known): void {
    this.#observer.recall(file, known);
  }

  /** See `Observer.recallHead`: to be called after the last `recall`. */
  recallHead(head: HeadApart): void {
    this.#observer.recallHead(head);
  }

  /** See `HeadBlobs.apartFrom`. */
  headApart(versions: ReadonlyMap<string, string>): HeadApart | undefined {
    return this.#observer.head.apartFrom(versions);
  }

  /** See `Observer.markOf`. */
  markOf(file: string, version: string): FileMark | undefined {
    return this.#observer.markOf(file, version);
  }

  /** Recovers what a dead process left, begins to watch, and tells every entry. */
  async start(): Promise<void> {
    if (this.#options.watch)
      this.#follower.watch(isWritable(...this.#places) ? undefined : "this checkout is read-only");
    await recoverAtStart(this.#context, this.#lock);
    const { journal, mode } = this.#context;
    if (mode === "each" && (await journal.tip()) !== (await journal.mark("published")))
      this.#unpublished = "it was not published yet when its writer ended";
    await this.#follower.start();
  }

  /** Where a write would begin: the store and its local state. */
  get #places(): readonly string[] {
    return [path.join(this.root, MANIFEST_FILE), this.#context.local.lock];
  }

  /** Tells what changed since the last look, whoever did it: up to the last acknowledged write on this machine. */
  refresh(): Promise<void> {
    return this.#follower.refresh();
  }

  /** Reads the manifest again: settings apply from here on. */
  reload(): Promise<void> {
    return this.#follower.reload();
  }

  /** Compares every file anew at the next refresh. */
  rescan(): void {
    this.#follower.rescan();
  }

  /** Whether hand edits are noticed as they happen, or why not. */
  get watching(): boolean | string {
    return this.#follower.watching;
  }

  /** Something happened that the next refresh will look at. */
  get noticed(): boolean {
    return this.#follower.noticed;
  }

  /** The current text at a store path. */
  current(file: string): Promise<Current | undefined> {
    return this.#observer.current(file);
  }

  /** Runs `work` with the write lock held; starts over when a file changed under it. */
  async exclusive<T>(work: (session: Session) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        assertWritable(...this.#places);
        if (!this.#context.host)
          await createExclusive(path.join(localFolder(this.root, undefined), ".gitignore"), "*\n");
        return await this.#lock.hold(() => this.#session(work));
      } catch (error) {
        if ((error instanceof StartOver || error instanceof RefMoved) && attempt < ATTEMPTS) continue;
        if (error instanceof StartOver || error instanceof RefMoved)
          throw new MemoryError(
            "locked",
            "The entry keeps changing under this write. Nothing was written; try again in a moment.",
          );
        throw asRefusal(error);
      }
    }
  }

  async #session<T>(work: (session: Session) => Promise<T>): Promise<T> {
    await recover(this.#context);
    await this.refresh();
    const writer = new Writer(this.#context, this.#observer);
    return work({
      read: (file) => writer.read(file),
      lastWrite: (file, since) => lastWrite(this.#context, file, since),
      writesSince: (file, version) => writesSince(this.#context, file, version),
      keep: (bytes) => this.#context.journal.keep(bytes),
      settle: async (settlement, record) => {
        const { at } = await settleUnmerged(this.#context, settlement, record);
        this.#follower.touch(settlement.unmerged.path);
        await this.refresh();
        return { at };
      },
      write: async (files, record) => {
        const { recorded, journaled } = await writeFiles(this.#context, writer, files, record);
        const publication = journaled ? await this.#publish() : undefined;
        for (const { path: file } of files) this.#follower.touch(file);
        if (++this.#writes % PACK_AFTER === 0) this.#pack();
        await this.refresh();
        if (!recorded) return {};
        const commit = publication?.commits.get(recorded.commit.oid);
        const pending = recorded.held ?? publication?.pending;
        return { at: recorded.commit.at, ...(commit && { commit }), ...(pending && { pending }) };
      },
    });
  }

  async #publish(): Promise<Publication> {
    const publication = await publishPending(this.#context, await this.#unsigned());
    this.#unpublished = publication.pending;
    return publication;
  }

  #pack(): void {
    const { git, journal } = { git: this.#options.git, journal: this.#context.journal };
    // Packing only saves room; a failure is tried again after as many writes.
    if (git) void journal.pack(git).catch(() => undefined);
  }

  /** Brings into place what git's operations held back, and publishes what could not be before. */
  async settle(): Promise<void> {
    const held = this.#observer.state.held.length > 0;
    const left = this.#context.local.publishing;
    if (!held && !left && this.#unpublished === undefined) return;
    if (held && !left && this.#unpublished === undefined && (await this.#context.host?.operation())) return;
    return this.#lock.hold(async () => {
      await recover(this.#context);
      await this.#publish();
      await this.refresh();
    });
  }

  /** Commits every file of the store that differs from HEAD. Throws `conflict` when git is in the middle of something. */
  async commit(message: string): Promise<CommitOutcome> {
    const { host, mode } = this.#context;
    const prepare = async () => {
      await recover(this.#context);
      this.rescan();
      await this.refresh();
    };
    const commit = () => commitStore(this.#context, this.#observer, message);
    // A person's hooks may take minutes and write to the store: nobody waits for them unless we write to the branch too.
    const alone = mode === "each" || !host?.git;
    try {
      assertWritable(...this.#places);
      const prepared = await this.#lock.hold(() => prepare().then(() => (alone ? commit() : undefined)));
      const outcome = prepared ?? (await commit());
      await this.refresh();
      return outcome;
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /** Every version of the entry at a store path. */
  async history(file: string): Promise<History> {
    return history(this.#context, file, await this.#observer.current(file), this.#observer);
  }

  /** The paths that git's index has unmerged, with their states. */
  unmerged(): Promise<Unmerged[]> {
    return unmergedFiles(this.#context, this.#observer);
  }

  /** The store paths that were written in the same sessions as one of them. */
  sameSession(file: string): Promise<ReadonlySet<string>> {
    return sameSession(this.#context, file);
  }

  /** The bytes of a version; `commit` helps where only a commit leads to them. */
  readVersion(version: string, file: string, commit?: string): Promise<Uint8Array | undefined> {
    return readVersion(this.#context, version, file, commit);
  }

  /** What a check of the whole store looks at. */
  get view(): StoreView {
    return storeView(this.#context, this.#observer);
  }

  status(): Promise<StoreStatus> {
    return statusOf(this.#context, this.#observer, this.#unpublished, this.watching);
  }

  /** Who holds the write lock, and whether that process is gone; undefined = nobody. */
  lockHolder(): ReturnType<WriteLock["holder"]> {
    return this.#lock.holder();
  }

  async close(): Promise<void> {
    this.#follower.unwatch();
    await this.past.close();
    await this.#follower.idle();
  }
}

import { type ResolvedSettings, resolveSettings, type SettingInputs } from "../config/settings.js";
import { readPerson } from "../entry/person.js";
import { formatScope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import type { CommitMode } from "../store/context.js";
import { projectAround, projectInPersonal } from "../store/current-project.js";
import type { FoundProject, FoundStore } from "../store/find-store.js";
import { Store } from "../store/store.js";
import type { StoreOptions } from "../store/store-options.js";
import { Catalog } from "./catalog.js";
import { modeOf } from "./configure.js";
import { FurtherStores } from "./further-stores.js";
import { type Current, type Member, PERSONAL, PROJECT, Workspace } from "./workspace.js";

export type IndexState = "indexing" | "ready" | "absent" | "failed";

/** Where the person's own store is, or would be. */
interface PersonalStore {
  /** The same object for as long as it is the same store. */
  readonly find: () => Promise<FoundStore | undefined>;
  /** Makes it; undefined where that is not wanted, as in continuous integration. */
  readonly make: (() => Promise<FoundStore>) | undefined;
  /** What `~/` stands for in its manifest. */
  readonly home: string;
}

/** What the process, and the memory around them, lend the stores. */
export interface StoresOptions extends Omit<StoreOptions, "name" | "mode" | "scanned" | "person"> {
  /** Finds the project's store; undefined = there is none. */
  readonly find: () => Promise<FoundStore | undefined>;
  /** The project that the working directory is in; undefined = none. */
  readonly project: () => Promise<FoundProject | undefined>;
  readonly personal: PersonalStore;
  /** What the command line sets; the environment is in `env`. */
  readonly flags: SettingInputs["flags"];
  /** Told how many entry files were looked at, and how many there are, in all stores. */
  readonly scanned: (done: number, total: number) => void;
  /** Called when the stores are open and before they are read: what is known of their files from before is recalled. */
  readonly opened: () => Promise<void>;
  /** Called when everything that there was has been told. */
  readonly loaded: () => void;
  /** True when somebody waits for news that no call asks for. */
  readonly listened: () => boolean;
  /** Called when all that was told before counts no more. */
  readonly restart: () => void;
  /** Told what goes wrong where no call can say it. */
  readonly log?: ((message: string, cause: unknown) => void) | undefined;
}

interface Opening {
  /** Over when the stores that are there are open. */
  readonly opened: Promise<void>;
  readonly ready: Promise<void>;
}

/** How often writes that had to wait are tried again (milliseconds). */
const SETTLE_MS = 1_000;

/** The stores of a workspace while they are open: found, read, looked at again, closed. */
export class Stores {
  readonly workspace = new Workspace(() => this.mainSettings.sessions.value === "shared");
  readonly #options: StoresOptions;
  readonly #done = new Map<string, { readonly done: number; readonly total: number }>();
  /** The commit mode of each store's kind when no setting says otherwise. */
  readonly #usual = new Map<string, CommitMode>();
  #state: IndexState = "indexing";
  #opening: Opening | undefined;
  #joining: Promise<Member> | undefined;
  #anew: Promise<void> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #nextLook: Promise<void> | undefined;
  readonly #found = new Map<string, FoundStore>();
  readonly #further: FurtherStores;
  /** A project's document changed since it was asked which project the current one is. */
  #unsure = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StoresOptions) {
    this.#options = options;
    this.#further = new FurtherStores(options.personal.home, options.log ?? (() => undefined));
  }

  /** Stores that the person's configuration names and that cannot be used, and why. */
  get problems(): FurtherStores["problems"] {
    return this.#further.problems;
  }

  get state(): IndexState {
    return this.#state;
  }

  /** How many entries there are, as far as they are counted. */
  get expected(): number | undefined {
    return this.#done.size === 0 ? undefined : this.#sum("total");
  }

  #sum(what: "done" | "total"): number {
    return [...this.#done.values()].reduce((sum, one) => sum + one[what], 0);
  }

  /** Begins to open and read; again when there was nothing, or it failed, before. */
  begin(): Opening {
    if (this.#opening) return this.#opening;
    this.#state = "indexing";
    const opened = this.#openAll();
    const ready = opened.then(async () => {
      await this.#options.opened();
      await this.#read(this.workspace.members());
    });
    const opening = { opened, ready };
    this.#opening = opening;
    const end = (state: IndexState, again: boolean): void => {
      this.#state = state;
      // A store may be made, or mended, while the server runs.
      if (again && this.#opening === opening) this.#opening = undefined;
    };
    const absent = () => this.workspace.main === undefined;
    ready.then(
      () => end(absent() ? "absent" : "ready", absent()),
      () => end("failed", true),
    );
    return opening;
  }

  async #openAll(): Promise<void> {
    const [project, personal] = [await this.#options.find(), await this.#options.personal.find()];
    const same = project !== undefined && project.root === personal?.root;
    // The person's settings count for the other stores too.
    if (personal) await this.#open(PERSONAL, personal);
    if (project && !same) await this.#open(PROJECT, project);
    await this.#further.open(personal, new Map(this.#found), (one) => this.#open(one.name, one.found, one.readOnly));
    this.workspace.enter(same ? undefined : await this.#whereabouts());
  }

  /** The project that one works in: of a shared store by where one is, of the person's own by what it is called. */
  async #whereabouts(): Promise<Current | undefined> {
    const project = this.#found.get(PROJECT);
    if (project) {
      const scope = await projectAround(project);
      return scope && { scope };
    }
    const place = await this.#options.project();
    if (!place) return undefined;
    const scope = await projectInPersonal(this.#found.get(PERSONAL), place);
    return { scope, ...(place.remote === undefined ? {} : { remote: place.remote }) };
  }

  /** To be called when the document of a project changed: the next look tells whether another one is the current one now. */
  doubtProject(): void {
    this.#unsure = true;
  }

  async #open(name: string, found: FoundStore, readOnly = false): Promise<Member> {
    if (name === PROJECT || name === PERSONAL) this.#found.set(name, found);
    const mode: StoreOptions["mode"] = (manifest, usual) => {
      this.#usual.set(name, usual);
      return modeOf(this.settings(manifest.settings, usual));
    };
    const scanned = (done: number, total: number) => {
      this.#done.set(name, { done, total });
      this.#options.scanned(this.#sum("done"), this.#sum("total"));
    };
    const open = this.workspace.get(name);
    const person = () => readPerson(this.workspace.get(PERSONAL)?.store.manifest.settings.person).profile;
    // What somebody else's writes left to be published is theirs to publish.
    const publishes = this.#options.publishes && !readOnly;
    const store =
      open?.store ?? (await Store.open(found, { ...this.#options, name, scanned, mode, person, publishes }));
    const member = open ?? { store, catalog: new Catalog(), readOnly };
    this.workspace.add(member);
    return member;
  }

  async #read(members: readonly Member[]): Promise<void> {
    // A store that was half read is looked at again by the next refresh.
    for (const { store } of members) await this.#further.start(store);
    this.#options.loaded();
    if (this.#options.watch) this.#timer ??= setInterval(() => this.#settle(), SETTLE_MS).unref();
  }

  #settle(): void {
    for (const { store, readOnly } of this.workspace.members()) {
      // What cannot be settled now is tried again by the next tick or write, and status tells why.
      if (!readOnly) store.settle().catch(() => undefined);
      // Calls look for themselves; whoever waits for news is told of what others did while nobody calls.
      if (this.#options.listened() && store.noticed) store.refresh().catch(() => undefined);
    }
  }

  /** Every setting of the store of calls that name none. */
  get mainSettings(): ResolvedSettings {
    const main = this.workspace.main?.store;
    return this.settings(main?.manifest.settings ?? {}, (main && this.#usual.get(main.name)) ?? "journal");
  }

  /** Every setting for a store whose manifest sets these, and that commits so when nobody says otherwise. */
  settings(store: Readonly<Record<string, unknown>>, usual: CommitMode): ResolvedSettings {
    const personal = this.workspace.get(PERSONAL)?.store.manifest.settings;
    return resolveSettings({
      ...(this.#options.flags === undefined ? {} : { flags: this.#options.flags }),
      env: this.#options.env,
      ...(personal === undefined ? {} : { personal }),
      store,
      defaults: { commit: usual },
    });
  }

  /** A store by name, else the one of calls that name none. Throws `not_found` where there is none. */
  async store(name?: string): Promise<Store> {
    if (!this.workspace.main) await this.begin().opened;
    const member = name === undefined ? this.workspace.main : this.workspace.get(name);
    if (member) return member.store;
    if (name === undefined || !this.workspace.main) throw noStore();
    const names = this.workspace.members().map(({ store }) => store.name);
    throw new MemoryError("not_found", `No store ${JSON.stringify(name)} is open. There is ${names.join(", ")}.`, {
      store: name,
    });
  }

  /** The same for writing. Throws `forbidden` for a store that is open for reading only. */
  async writable(name: string): Promise<Store> {
    const store = await this.store(name);
    if (this.workspace.get(name)?.readOnly)
      throw new MemoryError("forbidden", `The store ${name} is open for reading only. Nothing was written.`, {
        store: name,
      });
    return store;
  }

  /** Brings every store up to the last acknowledged write on this machine. Throws `not_found` where there is none. */
  async fresh(): Promise<void> {
    await this.store();
    if (this.#state !== "ready") await this.begin().ready;
    await this.#lookForMore();
    await Promise.all(this.workspace.members().map(({ store }) => this.#further.refresh(store)));
    // What others wrote may say that one is in another project.
    if (this.#unsure) await this.#lookForMore();
  }

  /** The store where new entries of a scope go, of the current one when absent; the person's own is made when it is not there yet. */
  async home(scope?: string, wanted?: string, made?: boolean): Promise<Store> {
    if (this.#state !== "ready") await this.begin().ready;
    await this.#lookForMore();
    const name = this.workspace.home(scope ?? this.workspace.scope, wanted, made);
    if (this.workspace.get(name)) return this.writable(name);
    const { make } = this.#options.personal;
    if (!make) throw noStore();
    return (await this.#join(await make())).store;
  }

  /** Calls share a look that has not begun: one that has may be past what was made since. */
  #lookForMore(): Promise<void> {
    this.#nextLook ??= this.#looking.then(() => {
      this.#nextLook = undefined;
      const look = this.#look();
      this.#looking = look.catch(() => undefined);
      return look;
    });
    return this.#nextLook;
  }

  /**
   * A store that came into being since: the person's own joins; with the project's everything begins anew, and so it does
   * when the person's own is gone, or another one, or names other stores, or when one works in another project by now.
   */
  async #look(): Promise<void> {
    const project = this.workspace.get(PROJECT) ? undefined : await this.#options.find();
    const personal = await this.#options.personal.find();
    const anew = (await this.#isElsewhere()) || (await this.#further.changed(personal));
    if (this.#anew) return this.#anew;
    const [main, own] = [this.workspace.get(PROJECT), this.workspace.get(PERSONAL)];
    if (anew || (own && personal !== this.#found.get(PERSONAL))) return this.#beginAnew();
    if (!main && project && project.root !== own?.store.root) return this.#beginAnew();
    if (!own && personal && personal.root !== main?.store.root) await this.#join(personal);
  }

  /** True when the documents of projects say that another one is the current one now: whose sessions are told depends on it. */
  async #isElsewhere(): Promise<boolean> {
    if (!this.#unsure || this.#found.size === 0) return false;
    this.#unsure = false;
    const alone = this.#found.get(PROJECT) === undefined && this.workspace.entered === undefined;
    const now = alone ? undefined : await this.#whereabouts();
    const [before, after] = [this.workspace.entered, now].map((one) => one && formatScope(one.scope));
    return before !== after;
  }

  #join(found: FoundStore): Promise<Member> {
    this.#joining ??= this.#openPersonal(found).finally(() => {
      this.#joining = undefined;
    });
    return this.#joining;
  }

  async #openPersonal(found: FoundStore): Promise<Member> {
    const known = this.workspace.get(PERSONAL);
    if (known) return known;
    const member = await this.#open(PERSONAL, found);
    if (!this.workspace.get(PROJECT)) this.workspace.enter(await this.#whereabouts());
    await this.#read([member]);
    if (this.#state === "absent") this.#state = "ready";
    return member;
  }

  #beginAnew(): Promise<void> {
    this.#anew ??= this.#closeAndBegin().finally(() => {
      this.#anew = undefined;
    });
    return this.#anew;
  }

  async #closeAndBegin(): Promise<void> {
    await this.#joining?.catch(() => undefined);
    const members = this.workspace.members();
    this.workspace.clear();
    this.#found.clear();
    this.#done.clear();
    this.#options.restart();
    this.#opening = undefined;
    await Promise.all(members.map(({ store }) => store.close()));
    await this.begin().ready;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#opening?.ready.catch(() => undefined);
    await Promise.all(this.workspace.members().map(({ store }) => store.close()));
  }
}

const noStore = (): MemoryError =>
  new MemoryError("not_found", "No memory store was found here. [[init]] in the project makes one; then call again.", {
    missing: "store",
  });

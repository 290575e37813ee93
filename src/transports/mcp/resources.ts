import type { Change } from "../../entry/change.js";
import { MemoryError } from "../../errors.js";
import { type Completion, completeAddress } from "../../memory/completion.js";
import { currentEntries, type Listed } from "../../memory/listing.js";
import type { Memory } from "../../memory/memory.js";
import { resolve } from "../../memory/resolve.js";
import { attend, type OperationContext, ready } from "../../operations/operation.js";
import { iso } from "../../operations/params.js";
import { type Speech, speak } from "../../operations/speech.js";
import type { EntryKey } from "../../search/indexed.js";
import { type Channel, INVALID_PARAMS, ProtocolError, RESOURCE_NOT_FOUND } from "./protocol.js";

const SCHEME = "memory://entry/";
const MARKDOWN = "text/markdown";
const PAGE = 100;
/** So many resources one connection may watch. */
const MOST_SUBSCRIBED = 1_000;
/** How long news are gathered before they are told (milliseconds). */
const GATHER_MS = 100;

/** The one template (RFC 6570): every entry by its address, or any other ref. */
export const ENTRY_TEMPLATE = {
  uriTemplate: `${SCHEME}{+address}`,
  name: "entry",
  title: "Memory entry",
  description: "The Markdown file of one entry, by its address, such as guidelines/handle-rejections",
  mimeType: MARKDOWN,
};

/** The URI of an address: what reserved expansion leaves (RFC 6570, 3.2.3), and nothing that begins a query or fragment. */
const uriOf = (address: string): string =>
  SCHEME + encodeURI(address).replace(/[?#]/g, (letter) => encodeURIComponent(letter));

/** The refs that a URI may mean, likeliest first: a client may have escaped what was in the address already. */
export function refsOf(uri: string): string[] {
  if (!uri.startsWith(SCHEME)) return [];
  const text = uri.slice(SCHEME.length);
  try {
    return [...new Set([decodeURIComponent(text), text])];
  } catch {
    return [text];
  }
}

/** What is known to weigh: a guideline's priority or a memory's importance, as 0 to 1. */
function annotationsOf({ entry: { priority, importance, updatedAt } }: Listed) {
  const weight = priority === undefined ? importance : priority / 100;
  return {
    ...(weight === undefined ? {} : { priority: weight }),
    ...(updatedAt === undefined ? {} : { lastModified: iso(updatedAt) }),
  };
}

function resourceOf(listed: Listed) {
  const { address, entry } = listed;
  const annotations = annotationsOf(listed);
  return {
    uri: uriOf(address),
    name: address,
    title: entry.title,
    ...(entry.summary === undefined ? {} : { description: entry.summary }),
    mimeType: MARKDOWN,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

/** A cursor holds the last address of its page, so that it stays good while entries come and go. */
const cursorAfter = (address: string): string => Buffer.from(address).toString("base64url");

function afterCursor(cursor: string): string {
  const address = Buffer.from(cursor, "base64url").toString("utf8");
  if (cursorAfter(address) === cursor && cursor !== "") return address;
  throw new ProtocolError(INVALID_PARAMS, "This cursor is none of resources/list; call it again without one.");
}

const nameOf = ({ store, path }: EntryKey): string => `${store}\n${path}`;

const storeIsMissing = (error: unknown): boolean => error instanceof MemoryError && error.data.missing === "store";

/** The entries of a memory as resources of one connection, and the news about them that it asked for. */
export class ResourceDesk {
  readonly #memory: Memory;
  readonly #speech: Speech;
  readonly #channel: Channel;
  /** URI → store and path. */
  readonly #subscribed = new Map<string, string>();
  /** What the client was told is there; undefined until it asked. */
  #told: ReadonlySet<string> | undefined;
  #touched = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #quiet: (() => void) | undefined;

  constructor(memory: Memory, speech: Speech, channel: Channel) {
    [this.#memory, this.#speech, this.#channel] = [memory, speech, channel];
  }

  /** One page of what is current, by address; nothing where there is no store. */
  async list(context: OperationContext, cursor: string | undefined) {
    const after = cursor === undefined ? "" : afterCursor(cursor);
    const all = await this.#current(context);
    this.#told = new Set(all.map(({ address }) => address));
    this.#listen();
    const rest = after === "" ? all : all.filter(({ address }) => address > after);
    const page = rest.slice(0, PAGE);
    return {
      resources: page.map(resourceOf),
      ...(rest.length > PAGE ? { nextCursor: cursorAfter(page.at(-1)!.address) } : {}),
    };
  }

  /** The file as it is. An unknown URI is the protocol's own error with the nearest addresses. */
  async read(context: OperationContext, uri: string) {
    await this.#fresh(context);
    const place = await this.#placeOf(uri);
    const bytes = await this.#memory.bytes(place);
    if (!bytes) throw new ProtocolError(RESOURCE_NOT_FOUND, "This entry is gone.", { uri });
    const known = this.#memory.at(place);
    if (known) context.connection?.texts.note(known, { version: known.version });
    return { contents: [{ uri, mimeType: MARKDOWN, text: Buffer.from(bytes).toString("utf8") }] };
  }

  /** From here on the client is told when the entry's text changes. */
  async subscribe(context: OperationContext, uri: string) {
    await this.#fresh(context);
    const place = nameOf(await this.#placeOf(uri));
    if (this.#subscribed.size >= MOST_SUBSCRIBED && !this.#subscribed.has(uri))
      throw new ProtocolError(INVALID_PARAMS, `A connection may watch ${MOST_SUBSCRIBED} resources; unsubscribe some.`);
    this.#subscribed.set(uri, place);
    this.#listen();
    return {};
  }

  unsubscribe(uri: string) {
    this.#subscribed.delete(uri);
    return {};
  }

  /** Addresses for the template's variable. */
  async complete(context: OperationContext, text: string): Promise<Completion> {
    await this.#current(context);
    return completeAddress(this.#memory, text);
  }

  /** Waits for the index, which stays empty where there is no store. */
  async settle(context: OperationContext): Promise<void> {
    await this.#fresh(context).catch((error: unknown) => {
      if (!storeIsMissing(error)) throw error;
    });
  }

  close(): void {
    this.#quiet?.();
    clearTimeout(this.#timer);
  }

  #fresh(context: OperationContext): Promise<unknown> {
    return attend(context, async () => {
      await ready(context);
      return this.#memory.fresh();
    });
  }

  async #current(context: OperationContext): Promise<Listed[]> {
    await this.settle(context);
    return currentEntries(this.#memory);
  }

  async #placeOf(uri: string): Promise<EntryKey> {
    let refusal = new MemoryError("not_found", `Resources of this server begin with ${SCHEME}.`);
    for (const ref of refsOf(uri)) {
      try {
        return await resolve(this.#memory, ref);
      } catch (error) {
        if (!(error instanceof MemoryError)) throw error;
        refusal = error;
      }
    }
    const code = refusal.data.matches === undefined ? RESOURCE_NOT_FOUND : INVALID_PARAMS;
    const { nearest, matches } = refusal.data;
    throw new ProtocolError(code, speak(refusal.message, this.#speech), { uri, nearest, matches });
  }

  #listen(): void {
    this.#quiet ??= this.#memory.onChange((changes) => this.#note(changes));
  }

  #note(changes: readonly Change[]): void {
    for (const { store, path, before, after } of changes)
      if (before !== after?.version) this.#touched.add(nameOf({ store, path }));
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#tell();
    }, GATHER_MS).unref();
  }

  /** An entry that moved is followed by whatever names it still. */
  async #tell(): Promise<void> {
    const touched = this.#touched;
    this.#touched = new Set();
    for (const [uri, place] of this.#subscribed) {
      if (!touched.has(place)) continue;
      this.#channel.notify("notifications/resources/updated", { uri });
      const now = await this.#placeOf(uri).then(nameOf, () => place);
      if (this.#subscribed.has(uri)) this.#subscribed.set(uri, now);
    }
    if (!this.#told) return;
    const now = new Set(currentEntries(this.#memory).map(({ address }) => address));
    const same = now.size === this.#told.size && [...now].every((address) => this.#told?.has(address));
    this.#told = now;
    if (!same) this.#channel.notify("notifications/resources/list_changed");
  }
}

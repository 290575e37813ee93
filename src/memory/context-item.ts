import type { Indexed } from "../search/indexed.js";
import type { HitFlags } from "../search/search-request.js";
import type { Stale } from "./stale.js";

/** The parts of a context, in the order in which they are read. */
export const SECTIONS = ["working_set", "guidelines", "memories", "tools", "patterns", "unreviewed"] as const;
export type Section = (typeof SECTIONS)[number];

/** One entry in a context. Without `content` only its title is given; `cut` says that there is more of it. */
export interface ContextItem extends HitFlags {
  readonly address: string;
  readonly title: string;
  readonly content?: string;
  readonly cut?: true;
  /** Of a session's working set: it is what is being worked on right now. */
  readonly working?: true;
  /** Of guidelines, where it is not the usual one. */
  readonly priority?: number;
  readonly applies_to?: readonly string[];
  /** The code that it is about changed, or went away, since its last version. */
  readonly stale?: Stale;
  /** Address of the entry of a wider scope that this one takes the place of. */
  readonly overrides?: string;
}

/** An entry that applies, and how it may be given, richest form first. */
export interface Offer {
  readonly section: Section;
  readonly entry: Indexed;
  readonly forms: readonly ContextItem[];
}

/** The session that a context is read in. */
export interface ContextSession {
  readonly name: string;
  readonly purpose?: string;
  /** Where it stands, unless it is active. */
  readonly status?: string;
}

/** An entry with an open conflict; `id` is the conflict's. */
export interface ContextConflict {
  readonly id: string;
  readonly address: string;
  /** What the two sides do not agree on; empty where that is not known without a look at git. */
  readonly fields: readonly string[];
}

/** What an agent gets at the start of a task. */
export interface Context extends Readonly<Partial<Record<Section, readonly ContextItem[]>>> {
  readonly session?: ContextSession;
  readonly conflicts?: readonly ContextConflict[];
  /** How many entries that apply found no room, by section. */
  readonly left_out?: Readonly<Partial<Record<Section | "conflicts", number>>>;
  readonly hint?: string;
  /** Estimated tokens of the whole; never more than was asked for. */
  readonly tokens: number;
}

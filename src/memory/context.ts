import { KIND_FOLDERS } from "../entry/kinds.js";
import { estimateTokens } from "../entry/tokens.js";
import type { Moment } from "../search/adjustments.js";
import { decayed } from "../search/decay.js";
import { covers } from "../search/filters.js";
import { DEFAULTS, type Indexed } from "../search/indexed.js";
import { fitContext } from "./context-budget.js";
import {
  type Context,
  type ContextConflict,
  type ContextItem,
  type Offer,
  SECTIONS,
  type Section,
} from "./context-item.js";
import type { Memory } from "./memory.js";
import { addressIn } from "./resolve.js";
import { sessionContext } from "./session/context-session.js";
import { isDiscarded } from "./session/records.js";
import type { View } from "./view.js";
import type { Place } from "./workspace.js";

export interface ContextRequest {
  /** What the agent is about to do, in its own words. */
  readonly task?: string;
  /** Files of the code repository that it is about. */
  readonly paths?: readonly string[];
  /** Where it works. */
  readonly scope: string;
  /** False: that scope alone, not what it is in. */
  readonly inherit?: boolean;
  /** The hard limit of the whole. */
  readonly max_tokens: number;
  /** A commit, branch, tag or date: what applied then. */
  readonly as_of?: string;
  /** Is told which entries were given with their whole current text. */
  readonly whole?: (entry: Indexed) => void;
}

/** Hits that are looked at: of guidelines, which apply anyway, only to order those of one priority. */
const HITS = { guideline: 50, known: 30 } as const;
/** What is shown of a store when neither task nor paths say what matters. */
const UNASKED = 10;
/** A text up to this many tokens is given whole. */
const WHOLE = { working_set: 400, guidelines: 400, memories: 150, tools: 200, patterns: 200, unreviewed: 200 } as const;
/** A shortened text has about this many characters. */
const SHORT = 240;
/** An entry that covers a path of the task counts as if its text had been found this much better. */
const COVERS = 0.25;

/** What applies in a scope for a task, within its budget of tokens: rules first, then what is known, nothing twice. */
export async function contextOf(memory: Memory, request: ContextRequest): Promise<Context> {
  const view = await memory.view(request.as_of);
  const chain = memory.workspace.chain(request.scope, request.inherit);
  const about = view.commit === undefined ? await sessionContext(memory, request.scope) : undefined;
  const working = about?.working ?? new Map<Indexed, boolean>();
  const { current, overrides } = inChain(
    view.index.shown(),
    chain.filter(({ scope }) => !isDiscarded(memory, scope)),
  );
  const paths = request.paths ?? [];
  const scores = await scoresOf(memory, view, request.task, chain);
  const isElse = (entry: Indexed): boolean => !working.has(entry);
  const rules = guidelines(current, paths, chain, scores).filter(isElse);
  const decay = view.commit === undefined ? memory.decay() : undefined;
  const known = others(current, paths, request.task !== undefined, scores, {
    now: memory.now(),
    ...(decay && { decay }),
  }).filter(isElse);
  if (view.commit === undefined) await memory.awaitStale([...working.keys(), ...rules, ...known]);
  const offers: Offer[] = [];
  let room = request.max_tokens;
  const brief = request.task === undefined && paths.length === 0;
  // Where review is required, what nobody has committed is no knowledge yet, whatever its kind.
  const strict = memory.settings.review.value === "required";
  const section = (entry: Indexed): Section =>
    entry.pending && (strict || entry.kind === "guideline")
      ? "unreviewed"
      : working.has(entry)
        ? "working_set"
        : KIND_FOLDERS[entry.kind];
  const all = [...working.keys(), ...rules, ...known];
  const reviewed = all.filter((entry) => section(entry) !== "unreviewed");
  for (const entry of [...reviewed, ...all.filter((one) => section(one) === "unreviewed")]) {
    const mark = working.get(entry) ? { working: true as const } : {};
    const item = { ...plainItem(memory, view, entry, overrides.get(entry)), ...mark };
    // What cannot find room any more is only counted: its text does not have to be read.
    const short = brief && !working.has(entry);
    const forms =
      room > 0 ? await formsOf(view, entry, item, short, WHOLE[section(entry)], scores.get(entry)?.snippet) : [item];
    room -= estimateTokens(forms[0]?.content ?? forms[0]?.title ?? "");
    offers.push({ section: section(entry), entry, forms });
  }
  const frame = {
    conflicts: view.commit === undefined ? conflictsOf(memory, current) : [],
    ...(current.length === 0 ? { hint: EMPTY } : {}),
    ...(about ? { session: about.session } : {}),
  };
  const fitted = fitContext(offers, frame, request.max_tokens);
  if (view.commit === undefined) {
    memory.usage.read(givenIn(fitted, offers), memory.now());
    for (const entry of givenIn(fitted, offers, true)) request.whole?.(entry);
  }
  return fitted;
}

/** The open conflicts of entries, by address. */
function conflictsOf(memory: Memory, entries: readonly Indexed[]): ContextConflict[] {
  const found = entries.flatMap((entry) => {
    const recorded = memory.conflicts.openOf(entry);
    if (entry.conflict === undefined && recorded.length === 0) return [];
    const address = addressIn(memory, entry);
    const unmerged = entry.conflict === undefined ? [] : [{ id: entry.conflict, address, fields: [] }];
    return [...unmerged, ...recorded.map(({ record: { id, fields } }) => ({ id, address, fields }))];
  });
  return found.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}

/** The entries of which a context gives some text, or all. */
function givenIn(context: Context, offers: readonly Offer[], whole = false): Indexed[] {
  const items = new Set(SECTIONS.flatMap((section) => context[section] ?? []));
  return offers.flatMap(({ entry, forms }) =>
    forms.some((form) => form.content !== undefined && !(whole && form.cut) && items.has(form)) ? [entry] : [],
  );
}

const EMPTY = "Nothing is saved here yet: what a colleague needs in a month is worth saving.";

const keyOf = ({ store, scope }: Pick<Place, "store" | "scope">): string => `${store}\n${scope}`;

/** The entries of the chain's scopes; of two with one kind and name only the nearer, with what it takes the place of. */
function inChain(entries: Iterable<Indexed>, chain: readonly Place[]) {
  const byPlace = new Map<string, Indexed[]>(chain.map((place) => [keyOf(place), []]));
  for (const entry of entries) byPlace.get(keyOf(entry))?.push(entry);
  const nearer = new Map<string, Indexed>();
  const overrides = new Map<Indexed, Indexed>();
  const current: Indexed[] = [];
  const widest = [...byPlace.values()].at(-1);
  for (const found of byPlace.values()) {
    for (const entry of found) {
      const winner = nearer.size === 0 ? undefined : nearer.get(`${entry.kind} ${entry.name}`);
      if (!winner) current.push(entry);
      else if (!overrides.has(winner)) overrides.set(winner, entry);
    }
    // What the widest scope holds overrides nothing.
    if (found.length === 0 || found === widest) continue;
    for (const entry of current) nearer.set(`${entry.kind} ${entry.name}`, entry);
  }
  return { current, overrides };
}

async function scoresOf(memory: Memory, view: View, task: string | undefined, chain: readonly Place[]) {
  const scopes = [...new Set(chain.map(({ scope }) => scope))];
  const found = new Map<Indexed, { score: number; snippet?: string }>();
  if (!task?.trim()) return found;
  const searches = [
    { kinds: ["guideline"], limit: HITS.guideline, snippets: false },
    { kinds: ["memory", "tool", "pattern"], limit: HITS.known },
  ] as const;
  const { vector } = await memory.meaning.of({ query: task }, view);
  for (const search of searches) {
    const { hits } = await view.index.search({ query: task, scopes, ...search, ...(vector && { vector }) });
    for (const { entry, score, snippet } of hits) found.set(entry, { score, ...(snippet ? { snippet } : {}) });
  }
  return found;
}

type Scores = Awaited<ReturnType<typeof scoresOf>>;

const byTitle = (a: Indexed, b: Indexed): number => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0);

/** Guidelines that apply: those that cover a path, then those for all code, then (without paths) those for some. */
function guidelines(entries: readonly Indexed[], paths: readonly string[], chain: readonly Place[], scores: Scores) {
  const places = chain.map(keyOf);
  const group = (entry: Indexed): number | undefined => {
    if (entry.applies_to === undefined) return 1;
    if (paths.length === 0) return 2;
    return covers(entry, paths) ? 0 : undefined;
  };
  const applying = entries.flatMap((entry) => {
    const at = entry.kind === "guideline" ? group(entry) : undefined;
    return at === undefined ? [] : [{ entry, at }];
  });
  const priority = ({ entry }: { entry: Indexed }) => entry.priority ?? DEFAULTS.priority;
  const score = ({ entry }: { entry: Indexed }) => scores.get(entry)?.score ?? 0;
  const far = ({ entry }: { entry: Indexed }) => places.indexOf(keyOf(entry));
  applying.sort(
    (a, b) =>
      a.at - b.at || priority(b) - priority(a) || far(a) - far(b) || score(b) - score(a) || byTitle(a.entry, b.entry),
  );
  return applying.map(({ entry }) => entry);
}

/** What is known about the task and its paths, best first; without either what matters most. */
function others(
  entries: readonly Indexed[],
  paths: readonly string[],
  asked: boolean,
  scores: Scores,
  { now, decay }: Moment,
): Indexed[] {
  const weights = new Map<Indexed, number>();
  const weight = (entry: Indexed) => weights.get(entry)!;
  const time = (entry: Indexed) => entry.updatedAt ?? entry.createdAt ?? 0;
  const order = (a: Indexed, b: Indexed): number => weight(b) - weight(a) || time(b) - time(a) || byTitle(a, b);
  const open = !asked && paths.length === 0;
  const rated = new Map<Indexed, number>();
  for (const entry of entries) {
    if (entry.kind === "guideline") continue;
    const score = (scores.get(entry)?.score ?? 0) + (paths.length > 0 && covers(entry, paths) ? COVERS : 0);
    if (!open && score <= 0) continue;
    rated.set(entry, score);
    const worn = decay && decayed(entry, decay, now);
    weights.set(entry, worn?.effective ?? entry.importance ?? DEFAULTS.importance);
  }
  const sorted = [...rated.keys()].sort((a, b) => rated.get(b)! - rated.get(a)! || order(a, b));
  return open ? sorted.slice(0, UNASKED) : sorted;
}

function plainItem(memory: Memory, view: View, entry: Indexed, overridden: Indexed | undefined): ContextItem {
  const { archived: _a, expired: _e, superseded_by: _s, ...flags } = view.index.flags(entry.store, entry.path);
  // What a past state said about the code of its time is not judged by today's.
  const stale = view.commit === undefined ? memory.stale(entry) : undefined;
  return {
    address: addressIn(memory, entry),
    title: entry.title,
    ...(entry.priority === undefined ? {} : { priority: entry.priority }),
    ...(entry.kind === "guideline" && entry.applies_to ? { applies_to: entry.applies_to } : {}),
    ...(overridden ? { overrides: addressIn(memory, overridden) } : {}),
    ...flags,
    ...(stale ? { stale } : {}),
  };
}

/** The forms in which an entry may be given: whole when it is short, its gist, its title. */
async function formsOf(
  view: View,
  entry: Indexed,
  item: ContextItem,
  brief: boolean,
  whole: number,
  found: string | undefined,
): Promise<ContextItem[]> {
  const body = (await view.body(entry))?.trim() ?? "";
  if (body === "" && entry.summary === undefined) return [item];
  const gist = entry.summary ?? (entry.kind === "guideline" ? undefined : found) ?? shorten(body);
  const forms: ContextItem[] = [];
  const rule = entry.kind === "guideline";
  if (body !== "" && (rule || !brief) && estimateTokens(body) <= whole) forms.push({ ...item, content: body });
  forms.push({ ...item, content: gist, ...(gist === body ? {} : { cut: true as const }) });
  forms.push({ ...item, cut: true });
  return forms;
}

/** The beginning of a text, up to the end of a paragraph, sentence or word. */
function shorten(body: string): string {
  if (body.length <= SHORT) return body;
  const text = body.replace(/^#+ .*\n+/, "");
  const paragraph = text.split(/\n\s*\n/, 1)[0] ?? "";
  if (paragraph.length <= SHORT) return paragraph;
  const sentence = /^[\s\S]{60,240}?[.!?](?=\s)/.exec(paragraph)?.[0];
  return sentence ?? `${paragraph.slice(0, SHORT).replace(/\s+\S*$/, "")} …`;
}

import { estimateTokens } from "../entry/tokens.js";
import {
  type Context,
  type ContextConflict,
  type ContextItem,
  type ContextSession,
  type Offer,
  SECTIONS,
  type Section,
} from "./context-item.js";
import { conflictText, contextText, headingOf, itemText, sessionText } from "./context-text.js";

/** The part of the room that a session's working set may take before anything else had any. */
const FOR_WORKING_SET = 0.4;
/** The part of the room that guidelines leave to what is known, when both have more than fits. */
const FOR_OTHERS = 0.4;
/** Longer than any form in which a transport says how to call something. */
const say = (text: string): string => text.replace(/\[\[.*?\]\]/g, "`npx -y git-memory command` or `GET /v1/command`");

/** The dearest frame: names of JSON fields, the sentence on what was left out. */
const EMPTY_CONTEXT: Context = {
  left_out: {
    working_set: 9999,
    guidelines: 9999,
    memories: 9999,
    tools: 9999,
    patterns: 9999,
    unreviewed: 9999,
    conflicts: 9999,
  },
  conflicts: [],
  tokens: 99_999,
};

const headingCost = (section: Section): number =>
  Math.max(estimateTokens(headingOf(section)) + 1, estimateTokens(`"${section}":[],`));

/** Texts are counted in the dearer of their two forms, Markdown and JSON: then neither is ever over the budget. */
const cost = (text: string, value: unknown): number =>
  Math.max(estimateTokens(`${text}\n`), estimateTokens(`${JSON.stringify(value)},`));

/** What items cost, each counted once. */
class Costs {
  readonly #known = new Map<ContextItem, number>();

  of(item: ContextItem): number {
    const known = this.#known.get(item) ?? cost(itemText(item), item);
    this.#known.set(item, known);
    return known;
  }
}

/** What is spent and what is left. */
class Budget {
  #left: number;
  readonly #open = new Set<Section>();

  constructor(room: number) {
    this.#left = room;
  }

  get left(): number {
    return this.#left;
  }

  /** Takes the cost, and that of the section's heading when it is the first of it, if at most `down to` is left then. */
  take(section: Section, tokens: number, downTo: number): boolean {
    const whole = tokens + (this.#open.has(section) ? 0 : headingCost(section));
    if (this.#left - whole < downTo) return false;
    this.#open.add(section);
    this.#left -= whole;
    return true;
  }

  spend(tokens: number): boolean {
    if (tokens > this.#left) return false;
    this.#left -= tokens;
    return true;
  }
}

interface Choice {
  readonly offer: Offer;
  item: ContextItem | undefined;
}

function choose(choices: readonly Choice[], costs: Costs, budget: Budget, downTo: number): void {
  for (const choice of choices) {
    if (choice.item || budget.left <= downTo) continue;
    choice.item = choice.offer.forms.find((form) => budget.take(choice.offer.section, costs.of(form), downTo));
  }
}

/** The forms in which a session may be told, richest first. */
function* sessionForms({ purpose, ...session }: ContextSession): Generator<ContextSession> {
  if (purpose !== undefined) yield { ...session, purpose };
  yield session;
}

/** What is told besides the entries. */
export interface Frame {
  readonly conflicts: readonly ContextConflict[];
  readonly hint?: string;
  readonly session?: ContextSession;
}

/**
 * Puts as much of the offers as fits into `max` tokens, in their order: the session's working set, then guidelines before
 * all others, each entry in the richest form that has room, and tells what found none.
 */
export function fitContext(offers: readonly Offer[], { conflicts, hint, session }: Frame, max: number): Context {
  const budget = new Budget(Math.max(max - sizeOf({ ...EMPTY_CONTEXT, ...(hint ? { hint } : {}) }), 0));
  const forms = session ? [...sessionForms(session)] : [];
  const shown = forms.find((form) => budget.spend(cost(`${sessionText(form)}\n`, { session: form })));
  const told = conflicts.filter((one) => budget.spend(cost(conflictText(one), one)));
  const choices: Choice[] = offers.map((offer) => ({ offer, item: undefined }));
  const working = choices.filter(({ offer }) => offer.section === "working_set");
  const rules = choices.filter(({ offer }) => offer.section === "guidelines");
  const others = choices.filter(({ offer }) => offer.section !== "guidelines" && offer.section !== "working_set");
  const costs = new Costs();
  choose(working, costs, budget, Math.ceil(budget.left * (1 - FOR_WORKING_SET)));
  const most = Math.floor(budget.left * FOR_OTHERS);
  let wanted = 0;
  for (const { offer } of others) if (wanted < most) wanted += costs.of(offer.forms[0]!) + headingCost(offer.section);
  choose(rules, costs, budget, Math.min(wanted, most));
  choose(others, costs, budget, 0);
  choose(rules, costs, budget, 0);
  choose(working, costs, budget, 0);

  const left = new Map<Section | "conflicts", number>();
  const count = (what: Section | "conflicts", by: number) => by > 0 && left.set(what, (left.get(what) ?? 0) + by);
  for (const { offer, item } of choices) count(offer.section, item ? 0 : 1);
  count("conflicts", conflicts.length - told.length);
  const sections = SECTIONS.flatMap((section) => {
    const items = choices.flatMap(({ offer, item }) => (item && offer.section === section ? [item] : []));
    return items.length === 0 ? [] : [[section, items] as const];
  });
  const context: Omit<Context, "tokens"> = {
    ...(shown ? { session: shown } : {}),
    ...Object.fromEntries(sections),
    ...(told.length === 0 ? {} : { conflicts: told }),
    ...(left.size === 0 ? {} : { left_out: Object.fromEntries(left) }),
    ...(hint === undefined ? {} : { hint }),
  };
  return { ...context, tokens: sizeOf({ ...context, tokens: max }) };
}

/** The estimated tokens of a context in the dearer of its two forms. */
const sizeOf = (context: Context): number =>
  Math.max(estimateTokens(contextText(context, say)), estimateTokens(JSON.stringify(context)));

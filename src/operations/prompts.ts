import { completeKind, completeTopic } from "../memory/completion.js";
import { currentEntries } from "../memory/listing.js";
import type { Memory } from "../memory/memory.js";
import { nearPairs } from "../memory/near-pairs.js";
import type { Indexed } from "../search/indexed.js";
import type { Prompt } from "./prompt.js";
import { quoted } from "./prompt.js";
import { DATA_NOTICE, found, lineOf, quotedEntries, quotedLines } from "./prompt-entries.js";

const topic = (required: boolean, description: string) => ({
  name: "topic",
  title: "Topic",
  description,
  required,
  complete: completeTopic,
});

/** What is worth keeping, in the words of the server's instructions. */
const WORTH =
  "Worth saving is only what a colleague needs in a month and cannot see in the code or its log: a decision and why, a correction by a person, a trap, a command that is not obvious. Never progress, to-dos, summaries, secrets.";

const paragraphs = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== "").join("\n\n");

/** The tags that many entries have, for new ones to use the same words. */
function tagsInUse(memory: Memory): string | undefined {
  const counts = new Map<string, number>();
  for (const { entry } of currentEntries(memory))
    for (const tag of entry.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  const often = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, 20);
  return often.length === 0
    ? undefined
    : `Tags in use, to be used again:\n${quoted(often.map(([tag]) => tag).join(", "))}`;
}

const rememberThis: Prompt = {
  name: "remember-this",
  title: "Remember this",
  description: "Save one thing to the project's memory, or bring the entry up to date that already says it",
  arguments: [
    { name: "what", title: "What", description: "what to remember, in your own words", required: true },
    {
      name: "kind",
      title: "Kind",
      description: "memory, guideline, tool or pattern",
      required: false,
      complete: (_memory, text) => completeKind(text),
    },
  ],
  run: async (memory, { what = "", kind }, say) => {
    const near = await found(memory, { query: what, limit: 3 });
    const as = kind === undefined ? "Choose its kind (memory, guideline, tool, pattern)." : `Its kind is ${kind}.`;
    return paragraphs(
      "Put this into the project's shared memory:",
      quoted(what),
      WORTH,
      near.length > 0
        ? `${say("What comes nearest in memory already is below. If one of these covers it, change that entry with [[update]]; else save a new one with [[save]].")}\n\n${DATA_NOTICE}\n\n${await quotedEntries(memory, near, say)}`
        : say("Nothing in memory comes near it. Save it with [[save]]."),
      `Write it so that it stands by itself: what holds, why, and for which code (applies_to), with a title that says the point. ${as} Then tell me the address.`,
      tagsInUse(memory),
    );
  },
};

const recallDecision: Prompt = {
  name: "recall-decision",
  title: "Recall a decision",
  description: "What was decided about a topic, why, and whether it still holds",
  arguments: [topic(true, "what the decision is about: a tag, a category, an address, or words")],
  run: async (memory, { topic: about = "" }, say) => {
    const current = await found(memory, { query: about, limit: 5 });
    const all = await found(memory, { query: about, limit: 20, include: ["archived", "expired", "superseded"] });
    const paths = new Set(current.map(({ path }) => path));
    const hidden = ["archived", "expired", "superseded_by"] as const;
    const earlier = all.filter((entry) => {
      const flags = memory.index.flags(entry.store, entry.path);
      return !paths.has(entry.path) && hidden.some((flag) => flags[flag] !== undefined);
    });
    if (current.length === 0 && earlier.length === 0)
      return paragraphs(
        "What did we decide about this, and why?",
        quoted(about),
        say(
          "Memory holds nothing about it under these words. Try [[search]] with others before you answer; if nothing is found, say so and do not guess.",
        ),
      );
    return paragraphs(
      "What did we decide about this, and why?",
      quoted(about),
      say(
        "Answer from the entries below, with their addresses: what holds, the reasons given, what was rejected. Say what they leave open. When one was changed or replaced, [[history list]] tells how. If the code says otherwise, say so: then the entry wants an update.",
      ),
      DATA_NOTICE,
      current.length > 0 ? await quotedEntries(memory, current, say) : "Nothing about it is current.",
      earlier.length > 0 ? `No longer current:\n${quotedLines(memory, earlier.slice(0, 10))}` : undefined,
    );
  },
};

const reviewLearnings: Prompt = {
  name: "review-learnings",
  title: "Review what was learned",
  description: "Go through this session and keep what a colleague will need",
  arguments: [topic(false, "what to look at only; everything when absent")],
  run: async (memory, { topic: about }, say) => {
    const latest = await found(memory, { ...(about === undefined ? {} : { query: about }), limit: 10 });
    const known =
      about === undefined ? "The latest entries, so that nothing is said twice:" : "What memory has about it:";
    return paragraphs(
      "Go through what happened in this session and decide what belongs into the project's shared memory.",
      about === undefined ? undefined : `Only about this:\n${quoted(about)}`,
      WORTH,
      say(
        "For each candidate: look with [[search]] whether it is known. If an entry says it, or says what is now wrong, change that with [[update]]; if an entry no longer holds, archive it with [[delete]]; only then save a new one with [[save]], one point an entry. Nothing worth saving is a good result too: say so.",
      ),
      latest.length > 0 ? `${known} ${DATA_NOTICE}\n\n${quotedLines(memory, latest)}` : "Memory is empty so far.",
      tagsInUse(memory),
      "At the end list what you saved, changed and archived, by address, and what you left out.",
    );
  },
};

const time = (entry: Indexed): number => entry.updatedAt ?? entry.createdAt ?? 0;

const consolidateKnowledge: Prompt = {
  name: "consolidate-knowledge",
  title: "Consolidate knowledge",
  description: "Merge entries that overlap, and clear away what no longer holds",
  arguments: [topic(false, "what to look at only; everything when absent")],
  run: async (memory, { topic: about }, say) => {
    const include = ["archived", "expired", "superseded"] as const;
    const related = about === undefined ? undefined : await found(memory, { query: about, limit: 50, include });
    if (related?.length === 0)
      return paragraphs(
        "Tidy what memory says about this:",
        quoted(about!),
        "It says nothing: there is nothing to do.",
      );
    const within = related && new Set(related.map(({ path }) => path));
    const meant = ({ path }: Indexed) => within?.has(path) ?? true;
    const chosen = currentEntries(memory)
      .map(({ entry }) => entry)
      .filter(meant);
    const oldest = [...chosen].sort((a, b) => time(a) - time(b));
    const pairs = await nearPairs(memory, oldest.slice(-50), 10);
    const flagged = (flag: "archived" | "expired" | "superseded_by" | "conflict") =>
      [...memory.index.entries()]
        .filter((entry) => meant(entry) && memory.index.flags(entry.store, entry.path)[flag] !== undefined)
        .slice(0, 10);
    const list = (title: string, entries: readonly Indexed[]) =>
      entries.length > 0 ? `${title}\n${quotedLines(memory, entries)}` : undefined;
    const overlapping = pairs.map(([a, b]) => quoted(`- ${lineOf(memory, a)}\n  and ${lineOf(memory, b)}`)).join("\n");
    return paragraphs(
      "Tidy the project's shared memory, so that each thing is said once, in one place, and holds.",
      about === undefined ? undefined : `Only about this:\n${quoted(about)}`,
      DATA_NOTICE,
      overlapping === "" ? undefined : `Pairs that may say the same:\n${overlapping}`,
      list("In conflict:", flagged("conflict")),
      list("Replaced by another entry:", flagged("superseded_by")),
      list("Outside their validity:", flagged("expired")),
      list("Archived:", flagged("archived")),
      list("Not touched for longest:", oldest.slice(0, 10)),
      say(
        "Read what you are about to change with [[get]]. Overlap: put everything that holds into the better entry with [[update]], then archive the other with [[delete]]. Contradiction: find out from the code or from me which one holds; do not guess. Old: check it against the code, then correct or archive it. Give a reason with each change, and purge nothing.",
      ),
      "First show me the plan as a list of addresses with what happens to each; change nothing until I agree.",
    );
  },
};

/** The prompts, in the order in which they are listed. */
export const PROMPTS: readonly Prompt[] = [rememberThis, recallDecision, reviewLearnings, consolidateKnowledge];

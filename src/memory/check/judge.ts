import type { Scope } from "../../entry/scope.js";
import type { Finding } from "../../reports/check-report.js";
import { slices } from "../../store/slices.js";
import type { Memory } from "../memory.js";
import { continuationFindings } from "./document-facts.js";
import { duplicateFindings, type Precedence } from "./duplicates.js";
import type { FileFacts, Judgement } from "./facts.js";
import { nearDuplicates } from "./near-duplicates.js";
import type { Pair } from "./pairs.js";
import { precedenceOf } from "./precedence.js";
import { linkFindings, linkTargets } from "./relations.js";
import type { Survey } from "./survey.js";

/** Everything to find fault with now that the base did not have already, by path and line. */
export async function judge(memory: Memory, survey: Survey, pairs: readonly Pair[]): Promise<Finding[]> {
  const { root, now, before, unmerged, committedPrivate } = survey;
  const precedence = await precedenceOf(memory, survey);
  const { check_similarity: similarity, check_max_new: maxNew } = memory.settings;
  const breathe = slices();
  const found: Judgement[] = [
    ...now.flatMap((facts) => ownFindings(facts, unmerged)),
    ...[...unmerged].map((path) => unmergedFinding(path, now)),
    ...(await sharedFindings(now, root, precedence, breathe)),
  ];
  const changed = new Set(pairs.filter((pair) => !onlyMoved(pair)).map((pair) => pair.now));
  const isNew = (facts: FileFacts): boolean => before === undefined || changed.has(facts);
  // What was there first keeps its place; of the new ones each is compared with those before it.
  const ordered = [...now].sort((a, b) => Number(isNew(a)) - Number(isNew(b)) || precedence(a, b));
  for (const finding of nearDuplicates(ordered, similarity.value, isNew)) {
    if (finding) found.push(finding);
    await breathe();
  }
  const added = pairs.filter((pair) => !pair.before && pair.now?.located.type === "entry").length;
  if (added > maxNew.value) {
    const message = `${added} new entries, and check_max_new is ${maxNew.value}; make it several branches`;
    found.push({ path: "memory.yaml", line: 1, rule: "too-many", message });
  }
  const secret = new Set(found.filter(({ rule }) => rule === "secret").map(({ path, line }) => `${path}:${line}`));
  const left = before ? withoutOld(found, await oldFindings(before, root, precedence, breathe), pairs) : found;
  return [...left, ...committedPrivate.map(committedFinding)]
    .map(({ path, line, rule, message }) => {
      // The target of a relation would be told, and with it the secret.
      const hidden = rule === "dangling" && secret.has(`${path}:${line}`);
      return { path, line, rule, message: hidden ? "a relation leads to what is not there" : message };
    })
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line || (a.rule < b.rule ? -1 : 1)));
}

/** An unmerged file has markers because it is unmerged: said once. */
const ownFindings = ({ path, findings }: FileFacts, unmerged: ReadonlySet<string>): readonly Judgement[] =>
  unmerged.has(path) ? findings.filter(({ rule }) => rule !== "markers" && rule !== "unreadable") : findings;

function unmergedFinding(path: string, now: readonly FileFacts[]): Judgement {
  const markers = now.find((facts) => facts.path === path)?.findings.find(({ rule }) => rule === "markers");
  const message = "git has it as unmerged; decide what holds, then `git add` it";
  return { path, line: markers?.line ?? 1, rule: "conflict", message };
}

const committedFinding = (path: string): Judgement => ({
  path,
  line: 1,
  rule: "private",
  message: "what is private is in a commit; `git rm --cached` takes it out of the next ones, and history keeps it",
});

const onlyMoved = ({ before, now }: Pair): boolean => before !== undefined && before.blob === now?.blob;

/** What several entries have to do with: ids and names that they share, relations between them. */
async function sharedFindings(
  files: readonly FileFacts[],
  root: Scope,
  precedence: Precedence,
  breathe: () => Promise<void>,
): Promise<Judgement[]> {
  const found = [...duplicateFindings(files, precedence), ...continuationFindings(files)];
  await breathe();
  const targets = await linkTargets(files, root, breathe);
  for (const file of files) {
    found.push(...linkFindings(file, targets));
    await breathe();
  }
  return found;
}

async function oldFindings(
  before: ReadonlyMap<string, FileFacts>,
  root: Scope,
  precedence: Precedence,
  breathe: () => Promise<void>,
): Promise<Judgement[]> {
  const files = [...before.values()];
  return [...files.flatMap(({ findings }) => findings), ...(await sharedFindings(files, root, precedence, breathe))];
}

/** The findings that the base had not yet, as often as they are more than there were; a file that moved takes its own along. */
function withoutOld(found: readonly Judgement[], old: readonly Judgement[], pairs: readonly Pair[]): Judgement[] {
  const moved = new Map(
    pairs.flatMap(({ before, now }) =>
      before && now && before.path !== now.path ? [[before.path, now.path]] : [],
    ) as [string, string][],
  );
  const keyOf = ({ rule, message, key }: Judgement, path: string): string =>
    JSON.stringify([rule, path, key ?? message]);
  const known = new Map<string, number>();
  for (const finding of old) {
    const key = keyOf(finding, moved.get(finding.path) ?? finding.path);
    known.set(key, (known.get(key) ?? 0) + 1);
  }
  return found.filter((finding) => {
    const key = keyOf(finding, finding.path);
    const left = known.get(key) ?? 0;
    if (left > 0) known.set(key, left - 1);
    return left === 0;
  });
}

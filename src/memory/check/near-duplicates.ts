import type { FileFacts, Judgement } from "./facts.js";

/** Others that one entry is compared with in full; a store made of one template stays affordable. */
const MAX_COMPARED = 100;
/** Shingles are counted in so many buckets: only their order by rarity matters. */
const BUCKETS = 1 << 20;

/**
 * Entries of one kind and scope that share so much of their wording (Jaccard similarity of shingles) with one before them. Those that
 * were first come first, and those that `wanted` names last: only they are compared. Yields after each entry, with or without a
 * finding, so that the caller can let others work in between.
 *
 * Candidates come from prefix filtering (Chaudhuri, Ganti, Kaushik: A primitive operator for similarity joins): two sets that are
 * similar enough share one of their few rarest members.
 */
export function* nearDuplicates(
  files: readonly FileFacts[],
  threshold: number,
  wanted: (file: FileFacts) => boolean,
): Generator<Judgement | undefined> {
  const entries = files.filter(({ entry }) => entry !== undefined && entry.shingles.length > 0);
  const counts = new Uint16Array(BUCKETS);
  for (const { entry } of entries)
    for (const run of entry!.shingles) {
      const bucket = run % BUCKETS;
      if (counts[bucket]! < 0xffff) counts[bucket]! += 1;
    }
  const rarity = (run: number): number => counts[run % BUCKETS]! * 2 ** 32 + run;
  const postings = new Map<string, Map<number, FileFacts[]>>();
  for (const file of entries) {
    const { kind, scope, shingles } = file.entry!;
    const group = postings.get(`${scope}:${kind}`) ?? new Map<number, FileFacts[]>();
    postings.set(`${scope}:${kind}`, group);
    const order = Float64Array.from(shingles, rarity).sort();
    const prefix = order.subarray(0, shingles.length - Math.ceil(threshold * shingles.length) + 1);
    const found = wanted(file) ? firstSimilar(file, prefix, group, threshold) : undefined;
    for (const run of prefix) {
      const others = group.get(run);
      if (others) others.push(file);
      else group.set(run, [file]);
    }
    yield found;
  }
}

function firstSimilar(
  file: FileFacts,
  prefix: Float64Array,
  group: ReadonlyMap<number, readonly FileFacts[]>,
  threshold: number,
): Judgement | undefined {
  const compared = new Set<FileFacts>();
  for (const run of prefix)
    for (const other of group.get(run) ?? []) {
      if (compared.has(other) || linked(file, other)) continue;
      compared.add(other);
      const share = similarity(file.entry!.shingles, other.entry!.shingles, threshold);
      if (share >= threshold) {
        const message = `says nearly the same as ${other.path} (${Math.floor(share * 100)} % alike); keep one of them`;
        return { path: file.path, line: 1, rule: "near-duplicate", message, key: other.path };
      }
      if (compared.size === MAX_COMPARED) return undefined;
    }
  return undefined;
}

/** An entry that says it takes the place of the other is meant to be like it. */
function linked(a: FileFacts, b: FileFacts): boolean {
  const replaces = (one: FileFacts, other: FileFacts): boolean =>
    one.entry!.links.some(({ type, target }) => type === "supersedes" && target.endsWith(other.entry!.name));
  return replaces(a, b) || replaces(b, a);
}

/** What two sorted sets have in common by what they have together; 0 as soon as it cannot reach the threshold. */
function similarity(a: Uint32Array, b: Uint32Array, threshold: number): number {
  if (Math.min(a.length, b.length) < threshold * Math.max(a.length, b.length)) return 0;
  let common = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i]!, b[j]!];
    if (x === y) common += 1;
    if (x <= y) i += 1;
    if (y <= x) j += 1;
  }
  return common / (a.length + b.length - common);
}

import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MemoryError } from "../../src/errors.js";
import { findOperation } from "../../src/operations/registry.js";
import { Bench, entryText, type Json, SECRET, START } from "../support/memory.js";
import { git, makeCheckedInStore } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const save = (title: string, content = `${title} text`, more: Json = {}) =>
  bench.call("save", { title, content, kind: "pattern", ...more });
const record = (ref: string, result: string, more: Json = {}) => bench.call("pattern record", { ref, result, ...more });
const usageOf = async (ref: string): Promise<unknown> =>
  (await bench.call<{ entries: Json[] }>("get", { refs: [ref] })).entries[0]?.usage;
const rendered = (action: string, output: Json): string =>
  findOperation("pattern", action)?.render(output, "concise", (text) => text) ?? "";

const RETRY = "Retry failed calls to remote services with exponential backoff and jitter; give up after five attempts.";
const BACKOFF = "When a remote service fails, retry the call with a growing delay and jitter, at most five attempts.";
const SMALL = "Keep pull requests small, so that a reviewer can follow.";

describe("pattern record", () => {
  it("appends one outcome in one write, with project and time of its own", async () => {
    await save("Retry", RETRY, { category: "resilience" });
    const done = await record("retry", "success");
    expect(done).toMatchObject({
      address: "patterns/retry",
      change: "updated",
      committed: false,
      outcome: { result: "success", project: "demo" },
      usage: { count: 1, successes: 1, failures: 0, success_rate: 1 },
    });
    expect(done).not.toHaveProperty("hint");
    expect(Date.parse((done.outcome as { at: string }).at)).toBeGreaterThanOrEqual(START);
    const failed = await record("patterns/retry", "failure", {
      project: "web",
      reason: "It hid an outage.",
      at: "2024-01-31",
    });
    expect(failed).toMatchObject({
      outcome: { result: "failure", project: "web", reason: "It hid an outage.", at: "2024-01-31" },
      usage: { count: 2, successes: 1, failures: 1, success_rate: 0.5 },
    });
    const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: ["retry"] });
    expect(entries[0]).toMatchObject({ fields: { outcomes: [done.outcome, failed.outcome] }, usage: failed.usage });
    expect(entries[0]?.fields).not.toHaveProperty("usage");
    expect(bench.journal().slice(0, 2)).toEqual(["memory: update pattern retry", "memory: update pattern retry"]);
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "retry" });
    expect(versions[0]).toMatchObject({ change_type: "updated", reason: "It hid an outage.", session: "s1" });
    expect(rendered("record", failed)).toMatch(/^Recorded a failure in web; used 2 times, 50 % success\.\nUpdated /);
    expect(await bench.call("admin check")).toMatchObject({ findings: [] });
  });

  it("leaves every other byte of the file, and gives it an id when it has none", async () => {
    const text =
      "---\n# mine\ntitle: X  # t\noutcomes:\n    # the first\n    - {result: success, project: a}\ndata: {n: 1}\n---\nBody \n";
    await bench.hand("patterns/x.md", text);
    await record("x", "failure", { project: "b", reason: "No.", at: "2024-01-02T03:04:05Z" });
    const now = bench.text("patterns/x.md") ?? "";
    expect(now).toContain(
      'outcomes:\n    # the first\n    - {result: success, project: a}\n    - result: failure\n      project: b\n      reason: No.\n      at: "2024-01-02T03:04:05Z"\n',
    );
    expect(now.replace(/^id: .*\n/m, "").replace(/ {4}- result(?:.*\n){4}/, "")).toBe(text);
  });

  it("says what is missing for others to learn from it", async () => {
    await save("Retry");
    const failed = await record("retry", "failure");
    expect(failed.hint).toMatch(/reason/);
    expect(rendered("record", failed)).toContain(String(failed.hint));
    const dir = makeCheckedInStore();
    fs.writeFileSync(`${dir}/.memory/memory.yaml`, "format: 1\nscope: org\nname: acme\n");
    const other = await Bench.open({ dir });
    try {
      await other.call("save", { title: "P", content: "p", kind: "pattern" });
      const done = await other.call("pattern record", { ref: "p", result: "success" });
      expect(done.outcome).not.toHaveProperty("project");
      expect(done.hint).toMatch(/pass project/);
      const named = await other.call("pattern record", { ref: "p", result: "success", project: "api" });
      expect(named).not.toHaveProperty("hint");
    } finally {
      await other.close();
    }
  });

  it("counts on where outcomes that break a rule stand, and leaves them there", async () => {
    await bench.hand("patterns/x.md", entryText("title: X\noutcomes:\n  - result: maybe\n  - {result: success}", "x"));
    expect(await usageOf("x")).toEqual({ count: 1, successes: 1, failures: 0, success_rate: 1 });
    const done = await record("x", "failure", { reason: "No." });
    expect(done).toMatchObject({ usage: { count: 2, success_rate: 0.5 } });
    expect(bench.text("patterns/x.md")).toMatch(
      / {2}- result: maybe\n {2}- \{result: success\}\n {2}- result: failure\n/,
    );
    const { findings } = await bench.call<{ findings: Json[] }>("admin check");
    expect(findings).toMatchObject([{ path: "patterns/x.md", message: expect.stringContaining("outcomes") }]);
    expect(await bench.call("pattern insights")).toMatchObject({ patterns: 1, odd: 1, usage: { count: 2 } });
    await bench.hand("patterns/x.md", entryText("title: X\noutcomes: worked", "x"));
    const before = bench.trace();
    const error = await bench.refused("pattern record", { ref: "x", result: "success" }, "invalid_input");
    expect(error.message).toMatch(/no list.*admin check/);
    expect(bench.trace()).toEqual(before);
  });

  it("refuses what no outcome can be, and writes nothing", async () => {
    const refusals: [what: string, input: Json, message: RegExp][] = [
      ["a result that is none", { ref: "p", result: "maybe" }, /result/],
      ["no result", { ref: "p" }, /result/],
      ["an empty project", { ref: "p", result: "success", project: " " }, /^project must not be empty/],
      ["a project over two lines", { ref: "p", result: "success", project: "a\nb" }, /^project must be one line/],
      ["an empty reason", { ref: "p", result: "failure", reason: " " }, /^reason must not be empty/],
      ["a long reason", { ref: "p", result: "failure", reason: "x".repeat(2_001) }, /reason/],
      ["a time that is none", { ref: "p", result: "success", at: "yesterday" }, /^at: has to be an ISO date/],
      ["a day that is none", { ref: "p", result: "success", at: "2024-02-30" }, /^at must be an ISO 8601 date or time/],
      ["what has not come yet", { ref: "p", result: "success", at: "2024-03-08" }, /has not come yet/],
      ["a field that is none", { ref: "p", result: "success", outcome: "x" }, /outcome/],
      ["a memory", { ref: "m", result: "success" }, /memories\/m is a memory/],
      ["a secret", { ref: "p", result: "failure", reason: `key ${SECRET}` }, /secret/],
    ];
    await save("P");
    await bench.call("save", { title: "M", content: "m" });
    const before = bench.trace();
    for (const [what, input, message] of refusals) {
      const error = await bench.refused("pattern record", input, "invalid_input");
      expect([what, error.message]).toEqual([what, expect.stringMatching(message)]);
      expect(error.message).not.toContain(SECRET);
    }
    expect(bench.trace()).toEqual(before);
    expect(await usageOf("p")).toEqual({ count: 0, successes: 0, failures: 0 });
  });

  it("refuses a pattern that is not there, and takes what is no secret when told so", async () => {
    await save("P");
    await bench.refused("pattern record", { ref: "none", result: "success" }, "not_found");
    const input = { ref: "p", result: "failure", reason: `key ${SECRET}` };
    const { data }: MemoryError = await bench.refused("pattern record", input, "invalid_input");
    await bench.call("pattern record", { ...input, allow_secrets: [data.rule] });
    expect(await usageOf("p")).toMatchObject({ count: 1 });
    // Where the day has begun already it is the day after START.
    await record("p", "success", { at: "2024-03-06" });
  });

  it("says what to do when no more outcomes fit", async () => {
    const outcomes = Array.from({ length: 49 }, () => ({ result: "failure", reason: "x".repeat(2_000) }));
    await save("Full", "x", { fields: { outcomes } });
    const before = bench.trace();
    const input = { ref: "full", result: "failure", reason: "y".repeat(2_000) };
    const error = await bench.refused("pattern record", input, "invalid_input");
    expect(error.message).toMatch(/^patterns\/full has 49 outcomes, .* the limit is 100000\. .*\[\[update\]\]/);
    expect(error.data).toMatchObject({ field: "outcomes", limit: 100_000, address: "patterns/full" });
    expect(bench.trace()).toEqual(before);
    await record("full", "success");
  });

  it("writes to the store that holds the pattern, also what another memory saved a moment ago", async () => {
    const other = await Bench.open({ dir: bench.dir });
    await bench.call("save", { title: "Mine", content: RETRY, kind: "pattern", scope: "personal" });
    await save("Theirs", BACKOFF);
    expect(await other.call("pattern record", { ref: "theirs", result: "success" })).toMatchObject({
      store: "project",
    });
    const done = await other.call("pattern record", { ref: "mine", result: "success" });
    await other.memory.close();
    expect(done).toMatchObject({ address: "global:patterns/mine", store: "personal", outcome: { project: "demo" } });
    expect(await bench.call("pattern insights")).toMatchObject({ patterns: 2, usage: { count: 2 } });
    const found = await bench.call("pattern similar", { ref: "theirs" });
    expect(found).toMatchObject({ patterns: [{ address: "global:patterns/mine", usage: { count: 1 } }] });
  });

  it("loses none of what two memories record at once", async () => {
    await save("P");
    const other = await Bench.open({ dir: bench.dir });
    const reasons = Array.from({ length: 8 }, (_, at) => `reason ${at}`);
    const done = await Promise.all(
      reasons.map((reason, at) =>
        (at % 2 === 0 ? bench : other).call(
          "pattern record",
          { ref: "p", result: at < 6 ? "failure" : "success", reason },
          { agent: "tester", session: `s${at}` },
        ),
      ),
    );
    await other.memory.close();
    expect(done.map(({ usage }) => (usage as { count: number }).count).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: ["p"] });
    const fields = entries[0]?.fields as { outcomes: { reason: string }[] };
    expect(fields.outcomes.map(({ reason }) => reason).sort()).toEqual(reasons);
    expect(entries[0]).toMatchObject({ usage: { count: 8, successes: 2, failures: 6, success_rate: 0.25 } });
    expect(git(bench.dir, "fsck", "--strict", "--no-dangling")).toBe("");
  });
});

describe("pattern similar", () => {
  beforeEach(async () => {
    const outcomes = [
      { result: "success", project: "api" },
      { result: "failure", project: "web", reason: "It hid an outage." },
    ];
    await save("Retry with backoff", RETRY, { category: "resilience", tags: ["http"], fields: { outcomes } });
    await save("Backoff for remote services", BACKOFF, { scope: "session/s" });
    await save("Small pull requests", SMALL);
    await bench.call("save", { title: "Retry with backoff", content: RETRY });
  });

  it("finds patterns like one, in every scope, with what came of them", async () => {
    const found = await bench.call("pattern similar", { ref: "backoff-for-remote-services" });
    expect(found).toMatchObject({
      patterns: [
        {
          address: "patterns/retry-with-backoff",
          title: "Retry with backoff",
          category: "resilience",
          usage: { count: 2, successes: 1, failures: 1, success_rate: 0.5 },
          worked_in: [{ project: "api", count: 1 }],
          failed_in: [{ project: "web", count: 1, reason: "It hid an outage." }],
        },
      ],
      total: 1,
      min_score: 0.7,
      measure: "text",
    });
    const [one] = found.patterns as { score: number; shared: string[] }[];
    expect(one?.score).toBeGreaterThan(0.8);
    expect(one?.shared).toContain("backoff");
    expect(rendered("similar", found)).toMatch(
      /^- \*\*Retry with backoff\*\* · `patterns\/retry-with-backoff` · used 2 times, 50 % success · 0\.\d\d: .*backoff.*\n {2}worked in api\n {2}failed in web — It hid an outage\.$/,
    );
    const back = await bench.call<{ patterns: Json[] }>("pattern similar", { ref: "patterns/retry-with-backoff" });
    expect(back.patterns).toMatchObject([
      { address: "session/s:patterns/backoff-for-remote-services", score: one?.score },
    ]);
    expect(back.patterns[0]?.usage).toEqual({ count: 0, successes: 0, failures: 0 });
  });

  it("finds patterns for a situation, best first, and tells what came nearest when none is similar", async () => {
    const text = '-calls to a remote service fail: "how" should we retry*?';
    const found = await bench.call<{ patterns: Json[]; total: number }>("pattern similar", { text });
    expect(found.patterns.map(({ address }) => address).sort()).toEqual([
      "patterns/retry-with-backoff",
      "session/s:patterns/backoff-for-remote-services",
    ]);
    const scores = found.patterns.map(({ score }) => score as number);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(await bench.call("pattern similar", { text, limit: 1 })).toMatchObject({ total: 2, patterns: [{}] });
    const asked = { text: "Which headers does the gateway add before it hands a request to the billing service?" };
    const none = await bench.call("pattern similar", asked);
    expect(none).toMatchObject({ patterns: [], total: 0, nearest: { address: expect.any(String) } });
    expect(rendered("similar", none)).toMatch(/^No pattern is that similar \(0\.7, by wording\)\. Nearest: /);
    const { score } = none.nearest as { score: number };
    expect(await bench.call("pattern similar", { ...asked, min_score: score })).toMatchObject({ total: 1 });
    const nothing = await bench.call("pattern similar", { text: "Zebra ?!" });
    expect(nothing).toEqual({ patterns: [], total: 0, min_score: 0.7, measure: "text" });
    expect(rendered("similar", nothing)).toMatch(/^No pattern has a word in common/);
    expect(await bench.call("pattern similar", { text: "?!" })).toMatchObject({ patterns: [], total: 0 });
  });

  it("takes the lowest similarity from the setting, and from the call before that", async () => {
    await bench.call("admin config_set", { key: "semantic_search_threshold", value: "1" });
    const like = { ref: "backoff-for-remote-services" };
    expect(await bench.call("pattern similar", like)).toMatchObject({ min_score: 1, total: 0 });
    expect(await bench.call("pattern similar", { ...like, min_score: 0.8 })).toMatchObject({
      min_score: 0.8,
      total: 1,
    });
    const all = await bench.call<{ patterns: Json[] }>("pattern similar", { ...like, min_score: 0 });
    expect(all.patterns.map(({ address }) => address)).toEqual(["patterns/retry-with-backoff"]);
  });

  it("says so when there may be more than were compared", async () => {
    const items = Array.from({ length: 51 }, (_, at) => ({
      op: "save",
      title: `Retry ${at}`,
      content: RETRY,
      kind: "pattern",
      allow_similar: true,
    }));
    await bench.call("bulk", { items });
    const found = await bench.call("pattern similar", { text: RETRY, limit: 1 });
    expect(found).toMatchObject({ total: 50, or_more: true });
    expect(rendered("similar", found)).toMatch(/\n\n50 or more in all; limit shows more\.$/);
    expect(await bench.call("pattern similar", { text: RETRY, min_score: 1 })).not.toHaveProperty("or_more");
  });

  it("leaves archived patterns out", async () => {
    await bench.call("delete", { ref: "patterns/retry-with-backoff" });
    expect(await bench.call("pattern similar", { text: BACKOFF })).toMatchObject({ total: 1 });
    expect(await bench.call("pattern similar", { ref: "backoff-for-remote-services" })).toMatchObject({ total: 0 });
  });

  it("refuses what says nothing to compare with, or two things", async () => {
    for (const input of [
      {},
      { ref: "small-pull-requests", text: "x" },
      { ref: "memories/retry-with-backoff" },
      { text: "" },
      { text: "x", min_score: 1.1 },
      { text: "x", limit: 0 },
    ])
      await bench.refused("pattern similar", input, "invalid_input");
  });
});

describe("pattern insights", () => {
  beforeEach(async () => {
    const of = (outcomes: Json[], more: Json = {}) => ({ fields: { outcomes }, ...more });
    const worked = (project: string) => ({ result: "success", project });
    const failed = (project: string, reason: string, at: string) => ({ result: "failure", project, reason, at });
    const retry = [worked("api"), worked("api"), worked("web"), failed("web", "It hid an outage.", "2024-01-02")];
    const flags = [
      failed("web", "Too many at once.", "2024-02-01"),
      failed("web", "Nobody removed them.", "2024-01-01"),
      worked("web"),
    ];
    await save("Retry", RETRY, of(retry, { category: "resilience", tags: ["http"] }));
    await save("Flags", "Ship behind a flag.", of(flags, { category: "deployment" }));
    await save("Small", SMALL, of([worked("api")], { tags: ["Process"] }));
    await save("Old", "Old way.", of([failed("api", "No.", "2024-01-01")]));
    await save("Never", "Not used.");
    await bench.call("delete", { ref: "old" });
    await bench.call("save", {
      title: "Proof",
      content: "p",
      fields: { relations: [{ type: "validates", target: "patterns/retry" }] },
    });
    await bench.call("save", {
      title: "Other",
      content: "o",
      fields: { relations: [{ type: "related_to", target: "patterns/retry" }] },
    });
  });

  it("tells use, success, failures by project with their reasons, and what several projects use", async () => {
    const all = await bench.call("pattern insights");
    const retry = {
      address: "patterns/retry",
      title: "Retry",
      category: "resilience",
      usage: { count: 4, successes: 3, failures: 1, success_rate: 0.75 },
      validated_by: 1,
    };
    const flags = {
      address: "patterns/flags",
      title: "Flags",
      category: "deployment",
      usage: { count: 3, successes: 1, failures: 2, success_rate: 0.333 },
    };
    expect(all).toEqual({
      patterns: 4,
      unused: 1,
      usage: { count: 8, successes: 5, failures: 3, success_rate: 0.625 },
      most_used: [
        retry,
        flags,
        { address: "patterns/small", title: "Small", usage: { count: 1, successes: 1, failures: 0, success_rate: 1 } },
      ],
      mostly_failing: [flags],
      across_projects: [
        {
          ...retry,
          worked_in: [
            { project: "api", count: 2 },
            { project: "web", count: 1 },
          ],
          failed_in: [{ project: "web", count: 1, reason: "It hid an outage." }],
        },
      ],
      failures: [
        {
          project: "web",
          count: 3,
          failed: [
            { address: "patterns/flags", count: 2, reasons: ["Too many at once.", "Nobody removed them."] },
            { address: "patterns/retry", count: 1, reasons: ["It hid an outage."] },
          ],
        },
      ],
    });
    expect(rendered("insights", all)).toBe(
      [
        "4 patterns, 1 never used; used 8 times, 63 % success.",
        "",
        "Most used:",
        "- **Retry** · `patterns/retry` · used 4 times, 75 % success · validated by 1",
        "- **Flags** · `patterns/flags` · used 3 times, 33 % success",
        "- **Small** · `patterns/small` · used once, 100 % success",
        "",
        "Fail more often than they succeed:",
        "- **Flags** · `patterns/flags` · used 3 times, 33 % success",
        "",
        "Used in several projects:",
        "- **Retry** · `patterns/retry` · used 4 times, 75 % success · validated by 1",
        "  worked in api (2 times); web",
        "  failed in web — It hid an outage.",
        "",
        "Failures:",
        "- web: 3 failures",
        "  - `patterns/flags` 2 times: Too many at once. (and 1 other reason)",
        "  - `patterns/retry` once: It hid an outage.",
      ].join("\n"),
    );
  });

  it("looks at what a filter leaves", async () => {
    expect(await bench.call("pattern insights", { project: "api" })).toMatchObject({
      patterns: 2,
      unused: 0,
      usage: { count: 3, success_rate: 1 },
      most_used: [{ address: "patterns/retry", usage: { count: 2 } }, { address: "patterns/small" }],
      across_projects: [],
      failures: [],
    });
    const addresses = async (input: Json) =>
      (await bench.call<{ most_used: Json[] }>("pattern insights", input)).most_used.map(({ address }) => address);
    expect(await addresses({ category: "deployment" })).toEqual(["patterns/flags"]);
    expect(await addresses({ tags: ["PROCESS ", "http"] })).toEqual(["patterns/retry", "patterns/small"]);
    const none = await bench.call("pattern insights", { tags: ["none"] });
    expect(none).toMatchObject({ patterns: 0, unused: 0, usage: { count: 0 }, most_used: [] });
    expect(rendered("insights", none)).toBe("No pattern fits.");
  });

  it("says what its limit leaves out", async () => {
    await record("retry", "failure", { project: "api" });
    const one = await bench.call("pattern insights", { limit: 1 });
    expect(one).toMatchObject({
      patterns: 4,
      most_used: [{ address: "patterns/retry" }],
      failures: [{ project: "web", count: 3, failed: [{ address: "patterns/flags" }], more: 1 }],
      left_out: { most_used: 2, failures: 1 },
    });
    expect(one.left_out).not.toHaveProperty("mostly_failing");
    expect(rendered("insights", one)).toContain("… and 2 more; limit shows more.\n");
    expect(rendered("insights", one)).toContain("… and 1 more patterns\n");
  });
});

describe("get of a pattern", () => {
  it("gives its figures, also of an older version, and none to other kinds", async () => {
    await save("P");
    const { version } = await record("p", "failure", { reason: "No." });
    await record("p", "success");
    await bench.call("save", { title: "M", content: "m" });
    const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: ["p"], version });
    expect(entries[0]?.usage).toEqual({ count: 1, successes: 0, failures: 1, success_rate: 0 });
    expect(await usageOf("m")).toBeUndefined();
    const output = await bench.call("get", { refs: ["p"] });
    expect(findOperation("get")?.render(output, "concise", (text) => text)).toContain("\nused 2 times, 50 % success\n");
  });

  it("shows the latest outcomes, and says how many came before", async () => {
    const outcomes = Array.from({ length: 7 }, (_, at) => ({ result: "success", reason: `r${at}` }));
    await save("P", "the text", { fields: { outcomes } });
    const output = await bench.call("get", { refs: ["p"] });
    const text = (style: "concise" | "detailed") => findOperation("get")?.render(output, style, (words) => words) ?? "";
    expect(text("concise")).toContain(`outcomes: ${JSON.stringify(outcomes.slice(2))} and 2 before: `);
    expect(text("detailed")).toContain(`outcomes: ${JSON.stringify(outcomes)}\n`);
    await bench.call("update", { ref: "p", set: { outcomes: outcomes.slice(3) } });
    const fewer = findOperation("get")?.render(await bench.call("get", { refs: ["p"] }), "concise", (words) => words);
    expect(fewer).toContain(`outcomes: ${JSON.stringify(outcomes.slice(3))}\n`);
  });
});

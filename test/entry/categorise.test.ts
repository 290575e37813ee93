import { describe, expect, it } from "vitest";
import { categorise } from "../../src/entry/categorise.js";
import { CATEGORIES, KINDS, type Kind } from "../../src/entry/kinds.js";

/** Kind, title, body, then what follows; `-` stands for nothing. */
type Case = readonly [kind: Kind, title: string, body: string, category: string, topic: string];

const CASES: readonly Case[] = [
  ["memory", "Use Postgres for billing", "We keep invoices in Postgres because of its transactions.", "decision", "-"],
  ["memory", "Decision: queue for e-mail", "Sending blocks requests.", "decision", "-"],
  ["memory", "We chose pnpm", "Its store saves disk space.", "decision", "-"],
  ["memory", "Storage engine", "We decided to stay with RocksDB rather than write our own.", "decision", "-"],
  ["memory", "Switch to Vitest instead of Jest", "It is faster with modules.", "decision", "testing"],
  ["memory", "API listens on 8080", "Behind the proxy.", "fact", "-"],
  ["memory", "Metrics port", "The exporter listens on port 9102.", "fact", "-"],
  ["memory", "Staging is in eu-west-1", "All of it.", "fact", "-"],
  ["memory", "Upload size", "The limit is 20 MB, above it the gateway answers 413.", "fact", "-"],
  ["memory", "Session cookies", "A cookie expires after 30 minutes.", "fact", "-"],
  ["memory", "Root cause of the checkout timeout", "The pool had four connections.", "insight", "-"],
  ["memory", "Slow exports", "It turns out that the driver reads all rows first.", "insight", "-"],
  ["memory", "Gotcha: dates in CSV", "Excel writes them as it likes.", "insight", "-"],
  ["memory", "Lessons learned from the 3.0 release", "Announce the freeze earlier.", "insight", "-"],
  ["memory", "TODO: remove the old importer", "After March.", "task", "-"],
  ["memory", "Release list", "- [ ] tag\n- [ ] publish", "task", "-"],
  ["memory", "Status: search rewrite", "Half of it works.", "progress", "-"],
  ["memory", "Links for the payment provider", "https://example.org/docs", "reference", "-"],
  ["memory", "Provider sandbox", "https://sandbox.example.org has the test accounts.", "reference", "-"],
  ["memory", "Runbook for the ingest queue", "Restart the worker, then watch.", "reference", "-"],
  ["memory", "Background of the rewrite", "The first version was a prototype.", "context", "-"],
  ["memory", "Who owns the gateway", "The platform team.", "context", "-"],
  ["memory", "Migrations run in the deploy job", "The database is locked meanwhile; Postgres waits.", "-", "database"],
  ["memory", "Refresh tokens rotate", "Each login gives a new OAuth pair.", "-", "authentication"],
  ["guideline", "Handle promise rejections", "An unhandled one ends the process.", "error_handling", "errors"],
  ["guideline", "No secrets in the repository", "Use the vault.", "security", "-"],
  ["guideline", "Queries take parameters", "SQL injection is the first thing attackers try.", "-", "-"],
  ["guideline", "Structured logs", "One JSON object a line, with a correlation id.", "logging", "-"],
  ["guideline", "Naming of React components", "PascalCase, one a file.", "code_style", "frontend"],
  ["guideline", "Caching of list endpoints", "Measure latency before and after.", "performance", "performance"],
  ["guideline", "Ask before you delete a migration", "Somebody may have run it.", "behavior", "-"],
  ["guideline", "Order of sections", "Summary first.", "-", "-"],
  ["tool", "Run the migrations", "`npm run migrate -- --to latest`", "cli", "-"],
  ["tool", "Browser", "An MCP server that drives a browser.", "mcp", "frontend"],
  ["tool", "Create an invoice", "POST /v1/invoices with the customer.", "api", "billing"],
  ["tool", "slugify()", "Makes a URL part of a title.", "function", "-"],
  ["tool", "Seed data", "```sh\n./seed.sh --small\n```", "cli", "-"],
  ["tool", "Design system", "Where the pictures are.", "-", "-"],
  ["pattern", "Outbox for events", "Idempotent consumers read it.", "architecture", "-"],
  ["pattern", "Retry with backoff", "Doubling, at most a minute.", "architecture", "-"],
  ["pattern", "Canary rollout", "One in twenty first.", "deployment", "-"],
  ["pattern", "Builders in place of fixtures", "Each test says what matters.", "testing", "testing"],
  ["pattern", "Names for feature teams", "After rivers.", "-", "-"],
  ["memory", "A", "a", "-", "-"],
  ["memory", "Lunch", "The canteen closes at two.", "-", "-"],
  ["memory", "Kollegen", "Wir haben uns für Postgres entschieden.", "-", "-"],
  ["memory", "The decision and its background", "Both at once are not clear.", "-", "-"],
  ["memory", "Import of customers", "Names are matched without accents.", "-", "-"],
  ["memory", "Numbers", "```ts\nconst test = mock(jest, vitest, fixture, coverage);\n```", "-", "-"],
  ["memory", "", "", "-", "-"],
];

describe("categorise", () => {
  it.each(CASES)("%s %j", (kind, title, body, category, topic) => {
    const found = categorise({ kind, title, body, tags: [] });
    expect([found?.category ?? "-", found?.topic ?? "-"]).toEqual([category, topic]);
    if (found) expect(found.because).toMatch(/^\w+ by ".+"/);
  });

  it("gives every kind only categories that the kind knows", () => {
    for (const kind of KINDS)
      for (const [, title, body] of CASES) {
        const category = categorise({ kind, title, body, tags: [] })?.category;
        if (category !== undefined) expect(CATEGORIES[kind]).toContain(category);
      }
  });

  it("takes tags as words, and says by which", () => {
    const words = {
      kind: "memory",
      title: "Nightly run",
      body: "It takes an hour in the pipeline.",
      tags: ["ci"],
    } as const;
    expect(categorise(words)).toEqual({ topic: "ci", because: 'ci by "ci", "pipeline"' });
    expect(categorise({ ...words, tags: [] })).toBeUndefined();
  });

  it("says only what it is asked for", () => {
    const words = { kind: "memory", title: "Switch to Vitest instead of Jest", body: "", tags: [] } as const;
    expect(categorise(words, ["topic"])).toEqual({ topic: "testing", because: 'testing by "vitest", "jest"' });
    expect(categorise(words, [])).toBeUndefined();
  });

  it("is done soon with a long text, whatever is in it", () => {
    for (const piece of ["a ", "- [ ", "`npm ", "<https://", "use x ", "GET ", "```\n", "\n\n", "$ "]) {
      const body = piece.repeat(50_000);
      for (const kind of KINDS) categorise({ kind, title: piece.repeat(100).slice(0, 200), body, tags: [] });
    }
  });
});

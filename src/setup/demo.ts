import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { GitBinary } from "../git/git-binary.js";
import { makeRepository } from "../git/setup.js";
import type { Memory } from "../memory/memory.js";
import { invoke, type Say } from "../operations/operation.js";
import { findOperation } from "../operations/registry.js";
import { speak } from "../operations/speech.js";

export interface DemoOptions {
  readonly git: GitBinary | undefined;
  /** Prints one line. */
  readonly print: (line: string) => void;
  /** How this program's commands are typed. */
  readonly shell: string;
  /** Makes the throwaway store in a folder. */
  readonly init: (directory: string) => Promise<void>;
  /** Opens the store as one agent's process would. */
  readonly open: (directory: string, agent: string) => Promise<Memory>;
}

/** Runs the main job on a throwaway repository and shows each step with its result. */
export async function demo({ git, print, init, open, shell }: DemoOptions): Promise<void> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), "git-memory-demo-"));
  const opened: Memory[] = [];
  try {
    await makeRepository(directory, git);
    // A machine without a git identity can show the demo too.
    await fs.appendFile(path.join(directory, ".git/config"), "[user]\n\tname = Demo\n\temail = demo@example.org\n");
    await init(directory);
    const [claude, codex] = [await open(directory, "claude"), await open(directory, "codex")];
    opened.push(claude, codex);
    const say: Say = (text) => speak(text, { tools: new Set(), shell });
    const call = async (
      memory: Memory,
      agent: string,
      name: string,
      action: string | undefined,
      input: Record<string, unknown>,
    ) => {
      const operation = findOperation(name, action)!;
      const output = await invoke(operation, { memory, caller: { agent, session: `demo-${agent}` } }, input);
      return { output, text: operation.render(output, "concise", say) };
    };
    const step = (title: string, text: string): void => print(`\n▸ ${title}\n${text.replace(/^/gm, "    ")}`);

    const saved = await call(claude, "claude", "save", undefined, {
      title: "Use Postgres for billing",
      content:
        "Invoices stay in Postgres because the ledger needs serialisable transactions; we tried a document store and lost two invoices.",
      category: "decision",
      tags: ["billing", "database"],
      reason: "asked in review",
    });
    step("An agent saves a decision", saved.text);
    await call(claude, "claude", "save", undefined, {
      title: "Retry with back-off",
      content: "Calls to the payment provider are retried three times with jitter; `retryWithBackoff` wraps them.",
      kind: "pattern",
      tags: ["network"],
    });

    step(
      'Another agent on the same repository asks: "where do invoices live?"',
      (await call(codex, "codex", "search", undefined, { query: "where do invoices live?" })).text,
    );

    const task = { task: "store refunds beside the invoices", paths: ["src/billing/refunds.ts"], max_tokens: 400 };
    step(
      "Before it plans, it asks what applies to its task, within 400 tokens",
      (await call(codex, "codex", "context", undefined, task)).text,
    );

    const before = (saved.output as { version: string }).version;
    const ref = "memories/use-postgres-for-billing";
    step(
      "It adds what it learned",
      (
        await call(codex, "codex", "update", undefined, {
          ref,
          append: "Backups run at 03:00 UTC.",
          add_tags: ["backup"],
          base_version: before,
        })
      ).text,
    );

    const merged = await call(claude, "claude", "update", undefined, {
      ref,
      set: { importance: 0.9 },
      base_version: before,
    });
    step("The first agent writes at the same time, from the older text: the two are merged", merged.text);
    await call(codex, "codex", "update", undefined, { ref, set: { importance: 0.6 }, base_version: before });
    const { conflicts } = (await call(claude, "claude", "conflict", "list", {})).output as {
      conflicts: { id: string }[];
    };
    const id = conflicts[0]?.id ?? "";
    step(
      "The second one sets the same field from the older text: both values are kept, and somebody decides",
      (await call(claude, "claude", "conflict", "show", { id })).text,
    );
    step(
      "The first agent's value holds",
      (await call(claude, "claude", "conflict", "resolve", { id, take: "b" })).text,
    );
    step("History: who, when, why", (await call(claude, "claude", "history", "list", { ref })).text);
    step("What the last version changed", (await call(claude, "claude", "history", "diff", { ref })).text);

    const status = await runGit(git, directory, "status", "--short", "--untracked-files=all");
    if (status) step("The branch is yours: git status shows the files, nothing was committed or staged", status);
    step(
      "git memory commit",
      (await call(claude, "claude", "admin", "commit", { message: "Add what we learned about billing" })).text,
    );
    const log = await runGit(git, directory, "log", "--stat", "--format=%h %s");
    if (log) step("git log", log);
    print("\nAll of it was in a throwaway repository, which is gone now. In your own: git memory init");
  } finally {
    await Promise.all(opened.map((memory) => memory.close()));
    await fs.rm(directory, { recursive: true, force: true });
  }
}

async function runGit(git: GitBinary | undefined, cwd: string, ...args: string[]): Promise<string> {
  return git ? (await git.output(args, { cwd })).toString("utf8").trimEnd() : "";
}

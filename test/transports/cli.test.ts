import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OPERATIONS } from "../../src/operations/registry.js";
import { flagOf, inputOf } from "../../src/transports/cli/arguments.js";
import { type GlobalFlags, runCli } from "../../src/transports/cli/cli.js";
import { paint } from "../../src/transports/cli/paint.js";
import { parametersOf } from "../../src/transports/parameters.js";
import { Bench, type Json } from "../support/memory.js";

let bench: Bench;
let printed: { out: string; err: string };
let flags: GlobalFlags[];
let stdin: string;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  printed = { out: "", err: "" };
  flags = [];
  stdin = "";
});

const run = (...argv: string[]): Promise<number> =>
  runCli(argv, {
    terminal: {
      out: (text) => {
        printed.out += text;
      },
      err: (text) => {
        printed.err += text;
      },
      colour: false,
      live: false,
      stdin: async () => stdin,
      readFile: (file) => fs.promises.readFile(file, "utf8"),
      shell: "git memory",
      version: "9.9.9",
    },
    openMemory: async (given) => {
      flags.push(given);
      return bench.memory;
    },
    caller: () => ({}),
    commands: [
      {
        name: "special",
        description: "A command that is no operation",
        configure: (command) => command.argument("[dir]", "where").option("--own", "its own"),
        run: async (args, options) => {
          printed.out += JSON.stringify([args, options]);
          return 3;
        },
      },
    ],
    log: (message, cause) => {
      printed.err += `${message}: ${String(cause)}`;
    },
  });
const json = (): Json => JSON.parse(printed.out) as Json;

describe("the command line", () => {
  it("prints what was done and ends with 0", async () => {
    expect(await run("save", "First one", "Some words.", "--tags", "a", "--tags", "b", "--category", "fact")).toBe(0);
    expect(printed).toEqual({ out: expect.stringMatching(/^Saved `memories\/first-one` \(version /), err: "" });
    expect(bench.text("memories/first-one.md")).toMatch(/category: fact\ntags: \[a, b\]\n---\n\nSome words\.\n$/);
  });

  it("prints the JSON of the result with --json, wherever it stands", async () => {
    for (const argv of [
      ["get", "first-one", "--json"],
      ["--json", "get", "first-one"],
      ["get", "--json", "first-one"],
    ]) {
      printed.out = "";
      expect(await run(...argv)).toBe(0);
      expect(json()).toMatchObject({ entries: [{ address: "memories/first-one", tags: ["a", "b"] }] });
      expect(printed.out.trimEnd()).not.toContain("\n");
    }
  });

  it("takes the text from an argument, from standard input or from a file", async () => {
    stdin = "from\nstdin\n";
    await run("save", "Second", "-");
    expect(bench.text("memories/second.md")).toContain("\nfrom\nstdin\n");
    const file = path.join(bench.dir, "text.md");
    fs.writeFileSync(file, "- from a file\n");
    await run("save", "Third", "--file", file);
    expect(bench.text("memories/third.md")).toContain("\n- from a file\n");
    await run("update", "third", "--file", "-", "--content", "x");
    expect(printed.err).toContain("not both");
    expect(await run("update", "third", "--content", "-")).toBe(0);
    expect(bench.text("memories/third.md")).toContain("\nfrom\nstdin\n");
    expect(await run("save", "Fourth", "--file", `${file}.none`)).toBe(2);
    expect(await run("save", "Fourth", "text", "--file", file)).toBe(2);
    expect(await run("save", "Fourth")).toBe(2);
    expect(bench.text("memories/fourth.md")).toBeUndefined();
  });

  it("takes numbers, lists and JSON, inline or from @FILE", async () => {
    expect(await run("search", "words", "--limit", "1", "--json")).toBe(0);
    expect(json()).toMatchObject({ hits: [{}] });
    expect(await run("update", "second", "--set", '{"importance": 0.9}', "--add-tags", "p", "--add-tags", "q")).toBe(0);
    const file = path.join(bench.dir, "set.json");
    fs.writeFileSync(file, '{"category": "fact"}');
    expect(await run("update", "second", "--set", `@${file}`)).toBe(0);
    expect(bench.text("memories/second.md")).toContain("category: fact\ntags: [p, q]\nimportance: 0.9\n");
    const items = [{ op: "update", ref: "second", remove_tags: ["p"] }];
    expect(await run("bulk", JSON.stringify(items))).toBe(0);
    fs.writeFileSync(file, JSON.stringify(items));
    expect(await run("bulk", `@${file}`)).toBe(0);
    expect(await run("update", "second", "--edits", '{"old": "from", "new": "out of"}')).toBe(0);
    expect(bench.text("memories/second.md")).toContain("\nout of\nstdin\n");
  });

  it("does not take a command's --version for the program's", async () => {
    await run("history", "first-one", "--json");
    const { versions } = json() as unknown as { versions: { version: string }[] };
    printed.out = "";
    expect(await run("get", "first-one", "--version", versions[0]?.version ?? "", "--json")).toBe(0);
    expect(json()).toHaveProperty("entries");
    printed.out = "";
    expect(await run("--version")).toBe(0);
    expect(printed.out).toBe("9.9.9\n");
  });

  it.each<[string[], RegExp]>([
    [["nonsense"], /unknown command 'nonsense'/],
    [["search", "--colour"], /unknown option '--colour'/],
    [["search", "--limit", "ten"], /--limit has to be a number/],
    [["search", "--limit"], /argument missing/],
    [["search", "--limit", "0"], /limit/],
    [["search", "a", "b"], /too many arguments/],
    [["get"], /missing required argument 'refs'/],
    [["update", "x", "--set", "{"], /--set has to be JSON/],
    [["update", "x", "--set", "importance=0.9"], /in a shell '\{"field": "value"\}'/],
    [["update", "x", "--set", "@/no/such/file"], /cannot be read/],
    [["bulk", "[]"], /items/],
    [["config", "get", "colour"], /key/],
    [["config", "set", "commit"], /Give the value/],
    [["config", "commit"], /unknown command/],
    [["save", "t", "c", "--kind", "note"], /kind/],
  ])("ends with 2 for misuse: %j", async (argv, message) => {
    expect(await run(...argv)).toBe(2);
    expect(printed.err).toMatch(message);
    expect(printed.out).toBe("");
  });

  it("ends with 1 when it is refused, and says which command helps", async () => {
    expect(await run("get", "zzz-nothing")).toBe(1);
    expect(printed.err).toMatch(
      /^git memory: There is no entry "zzz-nothing"\. `git memory search` lists what there is\.\n$/,
    );
    expect(printed.out).toBe("");
    expect(await run("save", "First one", "other")).toBe(1);
    expect(printed.err).toContain("`git memory update` changes it");
  });

  it("gives errors as JSON too", async () => {
    expect(await run("get", "zzz-nothing", "--json")).toBe(1);
    expect(json()).toEqual({
      error: {
        code: "not_found",
        message: expect.stringContaining("`git memory search`"),
        data: { ref: "zzz-nothing", nearest: [] },
      },
    });
    expect(printed.err).toBe("");
  });

  it("ends with 1 when check finds something", async () => {
    expect(await run("check")).toBe(0);
    await bench.hand("memories/bad.md", "---\n[\n");
    expect(await run("check")).toBe(1);
    expect(printed.out).toContain("memories/bad.md");
    fs.rmSync(`${bench.root}/memories/bad.md`);
  });

  it("hands the flags that stand before or after a command to whoever opens the store", async () => {
    await run("--root", "/a", "--session", "s", "search");
    await run("search", "--root", "/b", "--session", "t");
    expect(flags).toMatchObject([
      { root: "/a", session: "s" },
      { root: "/b", session: "t" },
    ]);
  });

  it("runs commands that are no operations with their arguments and flags", async () => {
    expect(await run("special", "here", "--own", "--json", "--root", "/x")).toBe(3);
    expect(JSON.parse(printed.out)).toEqual([["here"], expect.objectContaining({ own: true, json: true, root: "/x" })]);
  });

  it("explains every command", async () => {
    expect(await run("--help")).toBe(0);
    expect(printed.out).toContain("Examples:");
    const help = new Map([["", printed.out]]);
    for (const { command, description } of OPERATIONS) {
      const [verb = "", ...group] = command.split(" ").reverse();
      const of = group.reverse().join(" ");
      printed.out = "";
      if (!help.has(of)) {
        expect(help.get("")).toMatch(new RegExp(`^  ${of} `, "m"));
        expect(await run(of, "--help")).toBe(0);
        help.set(of, printed.out);
      }
      expect(help.get(of)).toMatch(new RegExp(`^  ${verb} `, "m"));
      expect(help.get(of)?.replace(/\s+/g, " ")).toContain(description.replace(/\s+/g, " "));
    }
    for (const operation of OPERATIONS) {
      printed.out = "";
      expect(await run(...operation.command.split(" "), "--help")).toBe(0);
      for (const { field } of parametersOf(operation))
        expect(printed.out.replaceAll("--no-", "--")).toContain(operation.args.includes(field) ? field : flagOf(field));
    }
    printed.out = "";
    expect(await run("help", "save")).toBe(0);
    expect(printed.out).toContain("--file");
    printed.out = "";
    expect(await run("help", "relation", "create")).toBe(0);
    expect(printed.out).toContain("--strength");
    expect(await run("relation", "nonsense")).toBe(2);
  });
});

describe("inputOf", () => {
  it("leaves out what was not typed", async () => {
    for (const operation of OPERATIONS) expect(await inputOf(parametersOf(operation), {})).toEqual({});
  });
});

describe("paint", () => {
  it("styles on a terminal only", () => {
    const text = "**Bold** and `code`\n+ added\n- removed";
    expect(paint(text, false)).toBe(text);
    const painted = paint(text, true);
    expect(painted).not.toContain("**");
    expect(painted.replace(/\u001b\[\d+m/g, "")).toBe("Bold and code\n+ added\n- removed");
  });
});

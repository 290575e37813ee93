import { afterEach, describe, expect, it } from "vitest";
import { findOperation } from "../../src/operations/registry.js";
import { Bench, type Given, type Json } from "../support/memory.js";
import { git, makeCheckedInStore, put } from "../support/repositories.js";
import { call, openWorkspace } from "../support/workspaces.js";

const PERSON = "person:\n  name: Grace Person\n  email: grace@example.org\n";

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
});

/** A memory over a project whose git is told these things of its user, and a person's own store that says this. */
async function open(own: string, told: Record<string, string> = {}, given: Given = {}): Promise<Bench> {
  const dir = makeCheckedInStore();
  git(dir, "config", "--remove-section", "user");
  for (const [key, value] of Object.entries(told)) git(dir, "config", key, value);
  says(`${dir}.home`, own);
  bench = await Bench.open({ dir, ...given });
  return bench;
}

const says = (home: string, own: string): void =>
  put(`${home}/personal/memory.yaml`, `format: 1\nscope: global\n${own}`);

/** The author of the last write that the project's journal holds. */
async function authorOf(one: Bench, title = "A"): Promise<string> {
  await one.call("save", { title, content: `Text of ${title}.` });
  return git(`${one.dir}/.git/git-memory/journal.git`, "log", "--all", "-1", "--format=%an <%ae>").trim();
}

describe.each([true, false])("the author of a write (with the git program: %s)", (program) => {
  it.each<[string, Record<string, string>, Record<string, string>, string]>([
    ["who git was told", { "user.name": "Ada", "user.email": "ada@x.org" }, {}, "Ada <ada@x.org>"],
    ["the person, where git was told nobody", {}, {}, "Grace Person <grace@example.org>"],
    ["as far as git was told", { "user.name": "Ada" }, {}, "Ada <grace@example.org>"],
    ["the address of authors", { "author.email": "a@x.org", "user.email": "u@x.org" }, {}, "Grace Person <a@x.org>"],
    ["what the environment says", {}, { GIT_AUTHOR_NAME: "Eve", EMAIL: "eve@x.org" }, "Eve <eve@x.org>"],
  ])("is %s", async (_who, told, env, author) => {
    expect(await authorOf(await open(PERSON, told, { env, git: program }))).toBe(author);
  });

  it("is, where one of the two is unknown, what it was before for that one", async () => {
    const one = await open("person: {name: Grace Person, email: 7}\n", {}, { git: program });
    const author = await authorOf(one);
    expect(author).toMatch(/^Grace Person <.+@.+>$/);
    says(`${one.dir}.home`, "");
    expect(await authorOf(one, "B")).not.toContain("Grace");
  });
});

describe("the person", () => {
  it("is shown by status, and may change while a server runs", async () => {
    const one = await open(`${PERSON}  display_name: Gracie\n  preferences:\n    tone: short\n    tabs: false\n`);
    const shown = {
      name: "Grace Person",
      email: "grace@example.org",
      display_name: "Gracie",
      preferences: { tone: "short", tabs: false },
    };
    const status = await one.call("admin status");
    expect(status).toMatchObject({ person: shown, invalid: [] });
    const text = findOperation("admin", "status")?.render(status, "concise", (said) => said);
    expect(text).toContain('You: Gracie Grace Person <grace@example.org>, preferences {"tone":"short","tabs":false}');
    says(`${one.dir}.home`, "person: {name: Hopper, email: h@example.org}\n");
    expect(await authorOf(one)).toBe("Hopper <h@example.org>");
    expect((await one.call("admin status")).person).toEqual({ name: "Hopper", email: "h@example.org" });
  });

  it.each<[string, Json | undefined, string[]]>([
    ["person: Grace\n", undefined, ["person must be a map"]],
    ["person: [a]\n", undefined, ["person must be a map"]],
    [
      "person: {name: 7, display_name: '', preferences: [x], mine: 1}\n",
      undefined,
      ["person.display_name must not be empty", "person.name must be text", "person.preferences must be a map"],
    ],
    [
      'person: {name: "Grace <x>", email: "a\\nb", display_name: Gracie}\n',
      { display_name: "Gracie" },
      ["person.email must be one line without < and >", "person.name must be one line without < and >"],
    ],
    [`person: {name: ${"x".repeat(201)}}\n`, undefined, ["person.name must have 200 characters at most"]],
  ])("says what is wrong, and takes it as not said: %j", async (own, person, reasons) => {
    const one = await open(own, { "user.name": "Ada", "user.email": "ada@x.org" });
    const status = await one.call<{ invalid: Json[]; person?: Json }>("admin status");
    expect(status.person).toEqual(person);
    expect(status.invalid.map(({ path, reason }) => `${path}: ${reason}`).sort()).toEqual(
      reasons.map((reason) => `personal:memory.yaml: ${reason}`),
    );
    expect(await authorOf(one)).toBe("Ada <ada@x.org>");
    const alone = await openWorkspace(one.personal, one.personal);
    const { findings } = await call<{ findings: Json[] }>(alone, "admin check");
    await alone.close();
    expect(findings.map(({ line, rule, message }) => `${line} ${rule} ${message}`).sort()).toEqual(
      reasons.map((reason) => `3 field ${reason}`),
    );
  });
});

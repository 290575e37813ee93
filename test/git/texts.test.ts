import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commitText, parseCommit, parseSignature, signatureText } from "../../src/git/commit-text.js";
import { parseConfig, readConfig } from "../../src/git/config-file.js";
import { ObjectStore, objectId } from "../../src/git/objects.js";
import { formatMessage, parseMessage, trailer } from "../../src/git/trailers.js";
import { git, makeRepository, put, temporaryFolder } from "../support/repositories.js";

describe("commit messages", () => {
  const line = fc
    .stringMatching(/^[\w .:;,'"<>()-]{1,40}$/)
    .filter((text) => text.trim() === text && !text.includes("  "));
  const key = fc.constantFrom("Memory-Op", "Memory-Entry", "Memory-Agent");
  it("come back as they were put together (property)", () => {
    fc.assert(
      fc.property(line, fc.option(line), fc.array(fc.tuple(key, line), { minLength: 1 }), (subject, body, trailers) => {
        const message = { subject, ...(body === null ? {} : { body }), trailers };
        expect(parseMessage(formatMessage(message))).toEqual(message);
      }),
    );
  });

  it("let nothing in a value, a subject or a body start a trailer", () => {
    const text = formatMessage({
      subject: "a\nMemory-Op: deleted",
      body: "text\n\nMemory-Agent: forged",
      trailers: [["Memory-Op", "updated\nMemory-Agent: forged"]],
    });
    const parsed = parseMessage(text);
    expect(trailer(parsed, "Memory-Agent")).toBeUndefined();
    expect(trailer(parsed, "Memory-Op")).toBe("updated Memory-Agent: forged");
    expect(parsed.body).toBe("text\n\nMemory-Agent: forged");
  });

  it("without trailers keep a body that merely looks like prose", () => {
    expect(parseMessage("subject\n\nbody: not\na trailer")).toEqual({
      subject: "subject",
      body: "body: not\na trailer",
      trailers: [],
    });
  });
});

describe("commits", () => {
  it.each([
    { name: "Ada <x>\n", email: "a@b\n>c", seconds: 1.9, offset: -90 },
    { name: "", email: "", seconds: 0, offset: 0 },
    { name: ".,Émile Ü.", email: "é@example.org", seconds: 1_800_000_000, offset: 345 },
  ])("pass git's strictest check whoever made them: %j", async (who) => {
    const dir = makeRepository();
    const tree = git(dir, "rev-parse", "HEAD^{tree}").trim();
    const text = commitText({ tree, parents: [], author: who, committer: who, message: "m\0essage\n\n" });
    const bytes = Buffer.from(text);
    await new ObjectStore(path.join(dir, ".git")).write([{ type: "commit", bytes }]);
    const oid = objectId("commit", bytes);
    git(dir, "fsck", "--strict", oid);
    const parsed = parseCommit(oid, text);
    expect(git(dir, "log", "-1", "--format=%an|%ae|%at|%B", oid).trim()).toBe(
      `${parsed.author.name}|${parsed.author.email}|${Math.floor(who.seconds)}|message`,
    );
    expect(signatureText(parseSignature(signatureText(who)))).toBe(signatureText(who));
    fs.rmSync(dir, { recursive: true });
  });

  it("with headers that we do not know are read all the same", () => {
    const text =
      "tree t\nparent p\nauthor A <a@b> 1 +0100\ncommitter C <c@d> 2 -0130\ngpgsig -----BEGIN\n parent fake\n\nsubject\n";
    expect(parseCommit("x", text)).toMatchObject({
      parents: ["p"],
      author: { offset: 60 },
      committer: { offset: -90 },
    });
  });
});

describe("git's configuration files", () => {
  it.each([
    ['[user]\n\tname = "Ada # Person" ; why\n', [["user.name", "Ada # Person"]]],
    [
      "[a]\nb\nC = on # x\n",
      [
        ["a.b", "true"],
        ["a.c", "on"],
      ],
    ],
    ['[remote "Or\\"igin"] url = x\\ty\\\\z\n', [['remote.Or"igin.url', "x\ty\\z"]]],
    ["[a]\nlong = one \\\ntwo\n", [["a.long", "one two"]]],
    ["\uFEFF[A.B]\r\nk = v\r\n", [["a.b.k", "v"]]],
    ["[ok]\ngar bage\n[ok]\nx=1\n=\n", [["ok.x", "1"]]],
  ])("%j", (text, pairs) => {
    expect(parseConfig(text)).toEqual(pairs);
  });

  it("are read with what they include, as git does", async () => {
    const home = temporaryFolder();
    const dir = makeRepository();
    put(
      path.join(home, ".gitconfig"),
      `[include]\n\tpath = more\n[includeIf "gitdir:${path.dirname(dir)}/"]\n\tpath = ~/work.inc\n[includeIf "gitdir:/nowhere/"]\n\tpath = never\n`,
    );
    put(path.join(home, "more"), "[user]\n\tname = More\n\temail = more@example.org\n[include]\n\tpath = .gitconfig\n");
    put(path.join(home, "work.inc"), "[user]\n\temail = work@example.org\n");
    put(path.join(home, "never"), "[user]\n\temail = never@example.org\n");
    const values = await readConfig([path.join(home, ".gitconfig")], home, path.join(dir, ".git"));
    expect([values.get("user.name"), values.get("user.email")]).toEqual(["More", "work@example.org"]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/errors.js";
import { Bench, entryText, type Json } from "../support/memory.js";
import { makeMonorepo } from "../support/monorepo.js";
import { git, put } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  const dir = makeMonorepo();
  put(`${dir}/.memory/projects/site/project.md`, entryText("root_path: apps/web/", "The same place."));
  bench = await Bench.open({ dir, from: `${dir}` });
  await bench.call("save", { title: "A", content: "a", tags: ["old"] });
  await bench.call("session start", { name: "over" });
  await bench.call("session end", { ref: "over" });
});
afterEach(() => bench.close());

const newline = "a\nb";
const link = (target: string): Json => ({ fields: { relations: [{ type: "related_to", target }] } });

describe("what the model does not allow", () => {
  it.each<[string, string, Json, ErrorCode, RegExp]>([
    ["a project under a project", "project create", { name: "web/api" }, "invalid_input", /never in another project/],
    ["the same by its org", "project create", { name: "api", org: "acme/web" }, "invalid_input", /never in another/],
    ["an entry there", "save", { title: "B", content: "b", scope: "project/a/b/c" }, "invalid_input", /not a scope/],
    [
      "a link to itself",
      "relation create",
      { ref: "a", type: "related_to", target: "a" },
      "invalid_input",
      /the entry itself/,
    ],
    [
      "the same by update",
      "update",
      { ref: "a", set: link("memories/a").fields as Json },
      "invalid_input",
      /the entry itself/,
    ],
    ["a link to nothing", "relation create", { ref: "a", type: "related_to", target: "none" }, "not_found", /no entry/],
    [
      "the same by save",
      "save",
      { title: "B", content: "b", ...link("memories/none") },
      "invalid_input",
      /where no entry is/,
    ],
    [
      "a link to no scope",
      "relation create",
      { ref: "a", type: "applies_to", target: "project/none:" },
      "not_found",
      /none/,
    ],
    ["a session ended twice", "session end", { ref: "over" }, "conflict", /is completed, so it cannot be ended/],
    ["one ended after all", "session end", { ref: "over", status: "discarded" }, "conflict", /is completed/],
    ["a tag with a newline", "save", { title: "B", content: "b", tags: [newline] }, "invalid_input", /one line/],
    ["the same by update", "update", { ref: "a", add_tags: [newline] }, "invalid_input", /one line/],
    ["the same by attach", "tag attach", { refs: ["a"], tags: [newline] }, "invalid_input", /one line/],
    ["the same by create", "tag create", { name: newline }, "invalid_input", /one line/],
    ["the same by rename", "tag rename", { name: "old", to: newline }, "invalid_input", /one line/],
    ["the same on a project", "project update", { ref: "web", tags: [newline] }, "invalid_input", /one line/],
    ["the same on a session", "session start", { name: "new", tags: [newline] }, "invalid_input", /one line/],
    ["a name outside the store", "save", { title: "B", content: "b", name: "../../b" }, "invalid_input", /"\.\."/],
    ["files outside", "save", { title: "B", content: "b", fields: { files: ["../b"] } }, "invalid_input", /"\.\."/],
    ["globs outside", "save", { title: "B", content: "b", applies_to: ["/etc/**"] }, "invalid_input", /relative/],
    ["a project outside", "project create", { name: "api", root_path: "../api" }, "invalid_input", /without \.\./],
    ["a place that two claim", "project create", { name: "api", root_path: "apps/web" }, "invalid_input", /already/],
    ["a scope that is claimed", "project create", { name: "Web" }, "already_exists", /there already/],
  ])("%s is refused by %s %j, and nothing is written", async (_what, verb, input, code, words) => {
    const own = (): string => git(bench.personal, "log", "--format=%H") + git(bench.personal, "status", "--porcelain");
    const before = [bench.trace(), own()];
    expect((await bench.refused(verb, input, code)).message).toMatch(words);
    expect([bench.trace(), own()]).toEqual(before);
  });
});

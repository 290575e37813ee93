import { describe, expect, it } from "vitest";
import { firstMarkerLine } from "../../src/entry/conflict-markers.js";
import { renameKey } from "../../src/entry/rename-key.js";

const SET = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> topic\n";

describe("firstMarkerLine", () => {
  it.each<[string, string, number | undefined]>([
    ["a set in a body", `---\ntitle: x\n---\n\n${SET}`, 5],
    ["a set in front matter", `---\n${SET}---\n`, 2],
    ["a set at the very beginning, after a byte order mark", `\uFEFF${SET}`, 1],
    ["lines that end with CRLF", SET.replaceAll("\n", "\r\n"), 1],
    ["the three-way form", "x\n<<<<<<< a\n1\n||||||| base\n0\n=======\n2\n>>>>>>> b\n", 2],
    ["an opening line twice: the one that is closed", `<<<<<<< a\n${SET}`, 2],
    ["a heading underlined with seven signs", "Title\n=======\ntext", undefined],
    ["an order of their own", ">>>>>>> b\n=======\n<<<<<<< a\n", undefined],
    ["no end", "<<<<<<< a\n=======\n", undefined],
    ["quoted ones", SET.replace(/^/gm, "> "), undefined],
    ["indented ones", SET.replace(/^/gm, "    "), undefined],
  ])("%s", (_name, text, line) => {
    expect(firstMarkerLine(text)).toBe(line);
  });
});

describe("renameKey", () => {
  const renamed = (text: string, from = "catgory", to = "category") => {
    const bytes = renameKey(Buffer.from(text), from, to);
    return bytes && Buffer.from(bytes).toString("utf8");
  };
  it.each([
    "---\n# about\ncatgory: fact # why\ntitle:   x\n---\nBody  \n",
    "---\r\n  catgory: fact\r\n  title: x\r\n---\r\nBody\r\n",
    "\uFEFF---\ncatgory:\n  - a\n---",
    "---\ntitle: catgory\ncatgory : fact\n---\ncatgory: in the body\n",
  ])("changes the key and no other byte of %j", (text) => {
    const at = text.search(/^\s*catgory ?:/m);
    const key = text.indexOf("catgory", at);
    expect(renamed(text)).toBe(`${text.slice(0, key)}category${text.slice(key + 7)}`);
  });

  it("takes the quotes of a key away", () => {
    expect(renamed('---\n"catgory": fact\n---\n')).toBe("---\ncategory: fact\n---\n");
  });

  it.each([
    "---\ncatgory: a\ncategory: b\n---\n",
    "---\n{catgory: a}\n---\n",
    "text",
    "---\n[\n---\n",
    "---\n? catgory\n: a\n---\n",
  ])("leaves %j alone", (text) => {
    expect(renamed(text)).toBeUndefined();
  });
});

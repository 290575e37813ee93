import { describe, expect, it } from "vitest";
import { firstMarkerLine, hasMarkers, oursSide } from "../../src/entry/conflict-markers.js";
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
    ["more signs than seven", SET.replaceAll(/([<=>])\1{6}/g, "$1$1$1$1$1$1$1$1$1"), 1],
    ["an end with other signs", SET.replace(">>>>>>> topic", ">>>>>>>> topic"), undefined],
    ["a field with theirs beside", "---\nimportance: 0.9\n#>>>>>>> theirs: importance: 0.1\n---\n", 3],
    ["a field with ours beside, after a byte order mark", "\uFEFF---\r\n#<<<<<<< ours: a: 1\r\n---\r\n", 2],
    ["the first of both", `---\n#>>>>>>> theirs: a: 1\n---\n${SET}`, 2],
    ["a key of tags.yaml with theirs beside", "web: {}\n#>>>>>>> theirs: web: null\n", 2],
    ["what looks like that in a body", "---\na: 1\n---\n#>>>>>>> theirs: a: 1\n", undefined],
    ["indented ones", SET.replace(/^/gm, "    "), undefined],
  ])("%s", (_name, text, line) => {
    expect(firstMarkerLine(text)).toBe(line);
  });
});

describe("oursSide", () => {
  const three = "<<<<<<< a\n1\n||||||| base\n<<<<<<<<< x\n0\n=========\n00\n>>>>>>>>> y\n=======\n2\n>>>>>>> b\n";
  it.each<[string, string, string]>([
    ["a set", `x\n${SET}y\n`, "x\nours\ny\n"],
    ["several, with a base and one inside it", `${three}x\n${SET}`, "1\nx\nours\n"],
    ["an empty side", "<<<<<<< a\n=======\ntheirs\n>>>>>>> b\nx", "x"],
    ["CRLF and a byte order mark", `\uFEFF${SET.replaceAll("\n", "\r\n")}`, "\uFEFFours\r\n"],
    ["one that is not closed, and one that is", `<<<<<<< a\n${SET}`, "<<<<<<< a\nours\n"],
    ["none", "<<<<<<< a\n=======\n", "<<<<<<< a\n=======\n"],
  ])("takes ours of %s", (_name, text, ours) => {
    expect(oursSide(text)).toBe(ours);
    expect(hasMarkers(Buffer.from(text))).toBe(text !== ours);
    expect(hasMarkers(Buffer.from(ours))).toBe(false);
  });

  it("takes no long time for many beginnings", () => {
    const many = "<<<<<<< a\n".repeat(100_000);
    expect(oursSide(many)).toBe(many);
    expect(oursSide(`${many}${SET}`)).toBe(`${many}ours\n`);
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

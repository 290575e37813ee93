import { describe, expect, it } from "vitest";
import type { Change } from "../../src/entry/change.js";
import { Catalog } from "../../src/memory/catalog.js";

const ID = "01900000-0000-7000-8000-00000000000a";

function change(path: string, body: string | null, id?: string): Change {
  const name = path.replace(/^memories\//, "").replace(/\.md$/, "");
  const fields = id === undefined ? {} : { id };
  const entry = { kind: "memory" as const, scope: "project/x", name, title: name, fields, unknown: {}, problems: [] };
  return { store: "s", path, before: null, after: body === null ? null : { entry: { ...entry, body }, version: body } };
}

describe("Catalog", () => {
  it("finds paths by id, by name in any letters, and by text in any spacing", () => {
    const catalog = new Catalog();
    catalog.apply([change("memories/É.md", "some  text", ID), change("memories/b.md", "other")]);
    expect(catalog.withId(ID)).toEqual(["memories/É.md"]);
    expect(catalog.withName("memories/e\u0301.md")).toEqual(["memories/É.md"]);
    expect(catalog.withText(" some\ntext ")).toEqual(["memories/É.md"]);
    expect(catalog.withName("memories/c.md")).toEqual([]);
    expect(catalog.inFolder("memories")).toBe(2);
  });

  it("tells what is there twice, first the one that came first", () => {
    const catalog = new Catalog();
    catalog.apply([
      change("memories/b.md", "1", ID),
      change("memories/a.md", "2", ID.toUpperCase()),
      change("memories/A.md", "3"),
    ]);
    expect([...catalog.duplicateIds()]).toEqual([["memories/b.md", "memories/a.md"]]);
    expect([...catalog.duplicateNames()]).toEqual([["memories/a.md", "memories/A.md"]]);
    catalog.apply([change("memories/b.md", "changed", ID)]);
    expect(catalog.withId(ID)).toContain("memories/b.md");
    catalog.apply([change("memories/b.md", null), change("memories/A.md", null)]);
    expect([...catalog.duplicateIds(), ...catalog.duplicateNames()]).toEqual([]);
    expect(catalog.withId(ID)).toEqual(["memories/a.md"]);
  });

  it("forgets everything about what is gone, however often it is told", () => {
    const catalog = new Catalog();
    for (let i = 0; i < 3; i++) catalog.apply([change("memories/a.md", "text", ID)]);
    for (let i = 0; i < 3; i++) catalog.apply([change("memories/a.md", null)]);
    expect([catalog.withId(ID), catalog.withName("memories/a.md"), catalog.withText("text")]).toEqual([[], [], []]);
    expect(catalog.inFolder("memories")).toBe(0);
  });

  it("keeps the path that had an id first in front when its file changes", () => {
    const catalog = new Catalog();
    catalog.apply([change("memories/a.md", "1", ID), change("memories/copy.md", "1", ID)]);
    catalog.apply([change("memories/a.md", "2", ID)]);
    expect(catalog.withId(ID)[0]).toBe("memories/a.md");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readStores } from "../../src/entry/named-stores.js";
import { readPerson } from "../../src/entry/person.js";

describe("readPerson and readStores", () => {
  it("never throw, and give only what may be used", () => {
    const values = fc.oneof(
      fc.anything(),
      fc.record({ name: fc.anything(), email: fc.string(), preferences: fc.anything() }, { requiredKeys: [] }),
      fc.array(fc.record({ path: fc.anything(), name: fc.string(), read_only: fc.anything() }, { requiredKeys: [] })),
    );
    fc.assert(
      fc.property(values, (value) => {
        const { profile, problems } = readPerson(value);
        for (const text of [profile.name, profile.email, profile.display_name])
          if (text !== undefined) expect(text).toMatch(/^[^<>\n\r\0]{1,200}$/);
        if (value !== undefined && value !== null && typeof value !== "object") expect(problems).toHaveLength(1);
        const { stores, problems: bad } = readStores(value);
        for (const { path } of stores) expect(path).toMatch(/^[^\n\0]+$/);
        // Every element is one or the other.
        if (Array.isArray(value)) expect(stores.length + bad.length).toBe(value.length);
      }),
    );
  });

  it("take nothing for nothing wrong", () => {
    for (const value of [undefined, null]) {
      expect(readPerson(value)).toEqual({ profile: {}, problems: [] });
      expect(readStores(value)).toEqual({ stores: [], problems: [] });
    }
  });

  it("take what is right beside what is wrong", () => {
    expect(readPerson({ name: "Ada", email: 1 })).toEqual({
      profile: { name: "Ada" },
      problems: [{ field: "person.email", message: "must be text" }],
    });
    expect(readStores([{ path: "a" }, { path: "b", scope: "moon" }, { path: "c", name: "x/y" }])).toEqual({
      stores: [{ path: "a" }],
      problems: [
        { field: "stores[1].scope", message: "must be global, org/NAME, project/NAME or project/ORG/NAME", path: "b" },
        { field: "stores[2].name", message: "must be one name without / or :", path: "c" },
      ],
    });
  });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { MemoryError } from "../../src/errors.js";
import { moveEntries } from "../../src/memory/move-entries.js";
import { addressOf } from "../../src/search/indexed.js";
import { Bench, type Json } from "../support/memory.js";
import { faults } from "../support/repositories.js";

const NAMES = ["a", "b", "c", "d"];
const LINKS = [
  ["a", "b"],
  ["b", "c"],
  ["c", "a"],
  ["d", "a"],
  ["a", "d"],
];

/** Which id leads to which, as the graph tells it: `none` where a relation leads to no entry. */
function links({ memory }: Bench): string[] {
  const id = (end: { store: string; path?: string }) =>
    end.path === undefined ? "none" : memory.at({ store: end.store, path: end.path })?.id;
  return [...memory.index.relations.all()].map(({ source, target }) => `${id(source)} > ${id(target)}`).sort();
}

const ids = ({ memory }: Bench): string[] => [...memory.index.entries()].map(({ id = "none" }) => id).sort();

const step = fc.record({
  which: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }),
  scope: fc.constantFrom("project", "personal", "session/s"),
  rename: fc.option(fc.constantFrom("x", "y", "z"), { nil: undefined }),
});

it("whatever is moved where, each id is there once and relations lead where they led", async () => {
  let [done, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), async (steps) => {
      const bench = await Bench.open();
      const saved: string[] = [];
      for (const title of NAMES) {
        const one = await bench.call<Json>("save", { title, content: `About ${title}`, scope: "personal" });
        saved.push(String(one.id));
      }
      for (const [ref, target] of LINKS) await bench.call("relation create", { ref, type: "cites", target });
      const before = [ids(bench), links(bench)];
      for (const { which, scope, rename } of steps) {
        const byId = new Map([...bench.memory.index.entries()].map((entry) => [entry.id, entry]));
        const moves = which.map((at) => {
          const { store, path, name } = byId.get(saved[at])!;
          return { key: { store, path }, to: { scope, name: rename === undefined ? name : `${rename}-${NAMES[at]}` } };
        });
        try {
          await moveEntries(bench.memory, moves, { caller: {} });
          done++;
        } catch (error) {
          if (!(error instanceof MemoryError && ["invalid_input", "already_exists"].includes(error.code))) throw error;
          refused++;
        }
        expect([ids(bench), links(bench)]).toEqual(before);
        const addresses = [...bench.memory.index.entries()].map((entry) => `${entry.store} ${addressOf(entry)}`);
        expect(new Set(addresses).size).toBe(NAMES.length);
      }
      expect([faults(bench.dir), faults(bench.personal)]).toEqual(["", ""]);
      await bench.close();
    }),
    { numRuns: 6 },
  );
  expect(done).toBeGreaterThan(5);
  expect(refused).toBeGreaterThan(0);
}, 120_000);

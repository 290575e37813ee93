import fc from "fast-check";
import { expect, it } from "vitest";
import { MemoryError } from "../../src/errors.js";
import { Bench, type Json } from "../support/memory.js";

const NAMES = ["a", "b", "c", "d"];
const SCOPES = ["project", "session/s"];
const name = fc.constantFrom(...NAMES);

/** What somebody does with entries that they know by name; much of it is refused, and then changes nothing. */
const call: fc.Arbitrary<[verb: string, input: Json]> = fc.oneof(
  fc
    .tuple(name, fc.constantFrom(...SCOPES))
    .map(([title, scope]): [string, Json] => ["save", { title, scope, content: `About ${title} in ${scope}.` }]),
  {
    weight: 3,
    arbitrary: fc
      .record({ ref: name, target: name, type: fc.constantFrom("depends_on", "resolves", "resolved_by") })
      .map((input): [string, Json] => ["relation create", input]),
  },
  fc
    .record({ ref: name, target: name, type: fc.constantFrom("depends_on", "resolved_by") })
    .map((input): [string, Json] => ["relation delete", input]),
  fc
    .tuple(
      name,
      fc.record(
        { name, scope: fc.constantFrom(...SCOPES), kind: fc.constantFrom("memory", "guideline") },
        {
          requiredKeys: [],
        },
      ),
    )
    .map(([ref, set]): [string, Json] => ["update", { ref, set }]),
  name.map((ref): [string, Json] => ["delete", { ref }]),
);

const relationsOf = (bench: Bench) =>
  [...bench.memory.index.relations.all()].map((link) => JSON.stringify(link)).sort();

it("relations lead on through whatever is done, as a memory that is opened anew sees them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 12, maxLength: 20 }), async (calls) => {
      const bench = await Bench.open();
      for (const title of NAMES) await bench.call("save", { title, content: `About ${title}.` });
      for (const [verb, input] of calls) {
        await bench.call(verb, input).catch((error: unknown) => {
          if (!(error instanceof MemoryError) || error.code === "internal") throw error;
        });
        // No entry was purged, so that nothing may lead nowhere.
        for (const { source, target } of bench.memory.index.relations.all())
          expect([source.path, target.path, verb, input]).toEqual([
            expect.any(String),
            expect.any(String),
            verb,
            input,
          ]);
      }
      const again = await Bench.open({ dir: bench.dir });
      expect(relationsOf(again)).toEqual(relationsOf(bench));
      await again.memory.close();
      await bench.close();
    }),
    { numRuns: 6 },
  );
});

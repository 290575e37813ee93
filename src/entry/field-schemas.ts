import * as z from "zod";
import { bounded, date, json, line, list, SHARED, share, text } from "./field-shapes.js";
import { CATEGORIES, type Kind, OPEN_CATEGORIES } from "./kinds.js";

/** One use of a pattern, as its front matter tells it. */
export const OUTCOME = z.looseObject({
  result: z.enum(["success", "failure"]).meta({ description: "Whether the pattern worked" }),
  project: line(200, "Where it was tried").optional(),
  reason: text(2000, "Why it worked or not").optional(),
  at: date.optional(),
});

function category(kind: Kind) {
  const known = CATEGORIES[kind];
  const description = `What sort of ${kind} this is: ${known.join(", ")}${OPEN_CATEGORIES[kind] ? ", or another word" : ""}`;
  return OPEN_CATEGORIES[kind]
    ? line(64, description).meta({ description, minLength: 1, maxLength: 64, examples: [...known] })
    : z.enum(known, { error: `must be one of ${known.join(", ")}` }).meta({ description });
}

function common(kind: Kind) {
  return {
    id: SHARED.id,
    title: SHARED.title,
    topic: line(64, "A word for the subject area, such as architecture or billing"),
    category: category(kind),
    tags: SHARED.tags,
    summary: text(500, "The gist, shown in short results instead of a snippet"),
    status: z.literal("archived", { error: "must be archived, or absent" }).meta({
      description: "archived takes the entry out of results; absent means active",
    }),
    relations: SHARED.relations,
    applies_to: list(line(500, "One path glob"), 200, "Path globs in the code repository, such as src/**/*.ts"),
  };
}

const importance = share("How much it matters").default(0.5);
const validity = {
  valid_from: date.meta({ description: "Left out of results before this date or time" }),
  valid_until: date.meta({ description: "Left out of results after this date or time" }),
};

/** The front matter fields of each kind in canonical order, as zod schemas of one value; unknown keys are allowed in a file. */
export const FIELDS = {
  memory: {
    ...common("memory"),
    importance,
    decay_rate: share("How fast it loses weight with age; from the settings when absent"),
    confidence: share("How sure it is").default(1),
    source: text(2000, "Where this is known from: a path, an address, a person"),
    ...validity,
    files: list(line(1000, "A path, with #L10-L20 for lines"), 200, "The code it is about, such as src/a.ts#L10-L20"),
    external_id: line(500, "Its identity in the system it was imported from"),
    source_tool: line(200, "The tool that wrote it"),
  },
  guideline: {
    ...common("guideline"),
    ...validity,
    priority: z
      .number({ error: "must be a whole number from 0 to 100" })
      .int()
      .min(0)
      .max(100)
      .meta({ description: "Highest first" })
      .default(50),
    rationale: text(5000, "Why this is a rule"),
    examples: bounded(
      z.looseObject({ good: z.array(z.string()).optional(), bad: z.array(z.string()).optional() }),
      100_000,
    ).meta({ description: "How to do it, and how not to" }),
  },
  tool: {
    ...common("tool"),
    parameters: bounded(json, 50_000).meta({ description: "JSON Schema, or {required, optional, schema}" }),
    examples: bounded(
      z.array(
        z.looseObject({ description: z.string().optional(), input: z.json().optional(), output: z.json().optional() }),
      ),
      100_000,
    ).meta({ description: "Calls and what they gave" }),
    constraints: text(5000, "What to keep in mind when using it"),
  },
  pattern: {
    ...common("pattern"),
    importance,
    data: bounded(json, 50_000).meta({ description: "Anything the pattern needs" }),
    outcomes: bounded(z.array(OUTCOME), 100_000).meta({ description: "What came of using it, oldest first" }),
  },
} as const satisfies Readonly<Record<Kind, Readonly<Record<string, z.ZodType>>>>;

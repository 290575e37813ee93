import * as z from "zod";
import { CATEGORIES, type Kind, OPEN_CATEGORIES } from "./kinds.js";

const utf8 = new TextEncoder();

/** A check for a size with its limit; the issue carries both, so that an error can name them. */
function limit<T>(size: (value: T) => number, most: number, unit: string) {
  return (payload: z.core.ParsePayload<T>): void => {
    const got = size(payload.value);
    if (got <= most) return;
    const message = `has ${got} ${unit}, the limit is ${most}`;
    payload.issues.push({ code: "custom", input: payload.value, message, params: { limit: most, size: got } });
  };
}

/** A text with bounds in code points, as `minLength` and `maxLength` of JSON Schema count them. */
function text(most: number, description: string) {
  return z
    .string()
    .refine((value) => value.trim() !== "", { error: "must not be empty" })
    .refine((value) => !/[\u0000\p{Surrogate}]/u.test(value), { error: "holds a character that no file can hold" })
    .check(limit((value) => (value.length <= most ? value.length : [...value].length), most, "characters"))
    .meta({ description, minLength: 1, maxLength: most });
}

function line(most: number, description: string) {
  return text(most, description)
    .refine((value) => !/[\r\n]/.test(value), { error: "must be one line" })
    .meta({ description, minLength: 1, maxLength: most });
}

function list<T extends z.ZodType>(item: T, most: number, description: string) {
  return z
    .array(item)
    .check(limit((items) => items.length, most, "items"))
    .meta({ description, maxItems: most });
}

function share(description: string) {
  return z.number().min(0).max(1).meta({ description });
}

/** Bounds a JSON value by the bytes (UTF-8) of its JSON text. */
function bounded<T extends z.ZodType>(schema: T, most: number) {
  return schema.check(limit((value) => utf8.encode(JSON.stringify(value)).length, most, "bytes"));
}

const date = z
  .union([z.iso.date(), z.iso.datetime({ offset: true, local: true })], {
    error: "must be an ISO 8601 date or time, such as 2025-01-31 or 2025-01-31T12:00:00Z",
  })
  .meta({ examples: ["2025-01-31", "2025-01-31T12:00:00Z"] });

const json = z.record(z.string(), z.json());

const relation = z.looseObject({
  type: line(64, "How the two belong together: depends_on, related_to, supersedes, resolves … or any other word"),
  target: line(1500, "Address of the other entry, such as guidelines/handle-rejections"),
  strength: share("How strong the link is").optional(),
  note: text(500, "Why the two belong together").optional(),
  auto: z.boolean().meta({ description: "True for a link that a program proposed" }).optional(),
});

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
    id: z
      .uuidv7({ error: "must be a UUID version 7" })
      .meta({ description: "Stable identity (UUID version 7), set once" }),
    title: line(200, "What this is about, in one line"),
    topic: line(64, "A word for the subject area, such as architecture or billing"),
    category: category(kind),
    tags: list(line(64, "One tag, in lower case"), 50, "Words to find this by"),
    summary: text(500, "The gist, shown in short results instead of a snippet"),
    status: z.literal("archived", { error: "must be archived, or absent" }).meta({
      description: "archived takes the entry out of results; absent means active",
    }),
    relations: list(relation, 1000, "Links to other entries"),
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

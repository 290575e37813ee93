import * as z from "zod";

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
export function text(most: number, description: string) {
  return z
    .string()
    .refine((value) => value.trim() !== "", { error: "must not be empty" })
    .refine((value) => !/[\u0000\p{Surrogate}]/u.test(value), { error: "holds a character that no file can hold" })
    .check(limit((value) => (value.length <= most ? value.length : [...value].length), most, "characters"))
    .meta({ description, minLength: 1, maxLength: most });
}

/** The same without line breaks. */
export function line(most: number, description: string) {
  return text(most, description)
    .refine((value) => !/[\r\n]/.test(value), { error: "must be one line" })
    .meta({ description, minLength: 1, maxLength: most });
}

/** A list with at most so many items. */
export function list<T extends z.ZodType>(item: T, most: number, description: string) {
  return z
    .array(item)
    .check(limit((items) => items.length, most, "items"))
    .meta({ description, maxItems: most });
}

/** A number from 0 to 1. */
export function share(description: string) {
  return z.number().min(0).max(1).meta({ description });
}

/** Bounds a JSON value by the bytes (UTF-8) of its JSON text. */
export function bounded<T extends z.ZodType>(schema: T, most: number) {
  return schema.check(limit((value) => utf8.encode(JSON.stringify(value)).length, most, "bytes"));
}

/** An ISO 8601 date or time. */
export const date = z
  .union([z.iso.date(), z.iso.datetime({ offset: true, local: true })], {
    error: "must be an ISO 8601 date or time, such as 2025-01-31 or 2025-01-31T12:00:00Z",
  })
  .meta({ examples: ["2025-01-31", "2025-01-31T12:00:00Z"] });

/** A map of anything that JSON can say. */
export const json = z.record(z.string(), z.json());

const relation = z.looseObject({
  type: line(64, "How the two belong together: depends_on, related_to, supersedes, resolves … or any other word"),
  target: line(1500, "Address of the other entry, such as guidelines/handle-rejections"),
  strength: share("How strong the link is").optional(),
  note: text(500, "Why the two belong together").optional(),
  auto: z.boolean().meta({ description: "True for a link that a program proposed" }).optional(),
});

/** What entries and the documents of scopes have in common. */
export const SHARED = {
  id: z
    .uuidv7({ error: "must be a UUID version 7" })
    .meta({ description: "Stable identity (UUID version 7), set once" }),
  title: line(200, "What this is about, in one line"),
  tags: list(line(64, "One tag, in lower case"), 50, "Words to find this by"),
  relations: list(relation, 1000, "Links to other entries"),
} as const;

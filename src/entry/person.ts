import * as z from "zod";
import { type ManifestProblem, problemOf } from "./manifest-problem.js";

const line = (what: string) =>
  z
    .string({ error: "must be text" })
    .min(1, { error: "must not be empty" })
    .max(200, { error: "must have 200 characters at most" })
    // git could not keep any of these in a commit.
    .regex(/^[^<>\p{Cc}]*$/u, { error: "must be one line without < and >" })
    .meta({ description: what })
    .optional();

const fields = {
  name: line("The author of writes where git has no user.name"),
  email: line("The same where git has no user.email"),
  display_name: line("How one likes to be called"),
  preferences: z
    .record(z.string(), z.unknown(), { error: "must be a map" })
    .meta({ description: "Any map: how one likes to work" })
    .optional(),
};

/** Who a personal store belongs to, as its manifest says under `person`. */
export const PERSON = z.looseObject(fields, { error: "must be a map" }).meta({
  description: "Who you are; only in your own memory.yaml",
});

/** What is known of a person. */
export interface Profile {
  readonly name?: string;
  readonly email?: string;
  readonly display_name?: string;
  readonly preferences?: Readonly<Record<string, unknown>>;
}

/** Reads `person` of a personal manifest leniently: what is wrong counts as not said. Never throws. */
export function readPerson(value: unknown): { profile: Profile; problems: ManifestProblem[] } {
  if (value === undefined || value === null) return { profile: {}, problems: [] };
  const parsed = PERSON.safeParse(value);
  const problems = (parsed.error?.issues ?? []).map((issue) => problemOf(issue, ["person"]));
  if (typeof value !== "object" || Array.isArray(value)) return { profile: {}, problems };
  const wrong = new Set(parsed.error?.issues.map(({ path }) => path[0]));
  const told = Object.entries(value).filter(([key, one]) => key in fields && !wrong.has(key) && one !== undefined);
  return { profile: Object.fromEntries(told), problems };
}

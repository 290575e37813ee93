import * as z from "zod";
import { fieldName, type ManifestProblem, problemOf } from "./manifest-problem.js";
import { isScopeName, readScope } from "./scope.js";

const STORE = z.strictObject(
  {
    path: z
      .string({ error: "is missing: a store needs the path of its folder" })
      .regex(/^[^\p{Cc}]+$/u, { error: "must be one line that is not empty" })
      .meta({ description: "Folder of the store: absolute, below ~/, or relative to your own store" }),
    name: z
      .string({ error: "must be text" })
      .refine(isScopeName, { error: "must be one name without / or :" })
      .meta({
        pattern: "^[^/:.][^/:]*$",
        description: "What results call it; the name of what it stands for when absent",
      })
      .optional(),
    scope: z
      .string({ error: "must be text" })
      .refine((text) => !["session", undefined].includes(readScope(text)?.level), {
        error: "must be global, org/NAME, project/NAME or project/ORG/NAME",
      })
      .meta({
        pattern: "^(?:global|personal|org/[^/:.][^/:]*|project/[^/:.][^/:]*(?:/[^/:.][^/:]*)?)$",
        description: "What it has to stand for: a store whose own memory.yaml says otherwise is not opened",
      })
      .optional(),
    read_only: z
      .boolean({ error: "must be true or false" })
      .meta({ description: "Whether writes to it are refused" })
      .optional(),
  },
  { error: "must be a map with a path" },
);

/** Further stores that a person has open, as their manifest lists them under `stores`. */
export const STORES = z
  .array(STORE, { error: "must be a list of maps with a path" })
  .meta({ description: "Further stores that you have open beside the project's; only in your own memory.yaml" });

/** A further store as it is named. */
export type NamedStore = z.infer<typeof STORE>;

/** An element of the list that cannot be used; `path` is what it says of that, else where it stands. */
interface BadStore extends ManifestProblem {
  readonly path: string;
}

/** Reads `stores` of a personal manifest: elements that are wrong are told and left out. Never throws. */
export function readStores(value: unknown): { stores: NamedStore[]; problems: BadStore[] } {
  if (value === undefined || value === null) return { stores: [], problems: [] };
  if (!Array.isArray(value)) {
    const [issue] = STORES.safeParse(value).error?.issues ?? [];
    return { stores: [], problems: issue ? [{ ...problemOf(issue, ["stores"]), path: "stores" }] : [] };
  }
  const stores: NamedStore[] = [];
  const problems: BadStore[] = [];
  value.forEach((one: unknown, at) => {
    const parsed = STORE.safeParse(one);
    if (parsed.success) stores.push(parsed.data);
    const [issue] = parsed.error?.issues ?? [];
    const { path } = (one ?? {}) as { readonly path?: unknown };
    const place = fieldName(["stores", at]);
    if (issue) problems.push({ ...problemOf(issue, ["stores", at]), path: typeof path === "string" ? path : place });
  });
  return { stores, problems };
}

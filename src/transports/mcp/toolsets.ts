import { MemoryError } from "../../errors.js";
import type { Toolset } from "../../operations/operation.js";

const NAMES: readonly Toolset[] = ["default", "more", "graph", "scopes", "review", "admin"];

/** The toolsets that a flag names: `all`, or names with commas; the default set is always there. Throws `invalid_input`. */
export function parseToolsets(text: string | undefined): ReadonlySet<Toolset> {
  const names = (text ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.includes("all")) return new Set(NAMES);
  const known = names.filter((name): name is Toolset => NAMES.includes(name as Toolset));
  if (known.length < names.length)
    throw new MemoryError("invalid_input", `--toolsets takes all, or some of ${NAMES.join(", ")}.`, {
      field: "toolsets",
    });
  return new Set(["default", ...known]);
}

import fs from "node:fs/promises";
import { MemoryError } from "../errors.js";
import { discover } from "../git/discover.js";

/** The folder that hosts are started in: the top of the repository around `directory`, or itself outside git. Real path. */
export async function topOf(directory: string): Promise<string> {
  const real = await fs.realpath(directory).catch(() => undefined);
  if (real === undefined) throw new MemoryError("invalid_input", `There is no folder ${directory}.`, { field: "dir" });
  return (await discover(real))?.top ?? real;
}

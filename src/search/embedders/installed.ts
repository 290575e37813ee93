import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** The folder of a package as a module in `from` (a file or its address) would find it; undefined when it is not there. */
function packageFolder(name: string, from: string): string | undefined {
  const places = createRequire(from).resolve.paths(name) ?? [];
  return places
    .map((place) => path.join(place, name))
    .find((folder) => fs.existsSync(path.join(folder, "package.json")));
}

/** The first of some places from which all packages are found. */
export const placeWith = (names: readonly string[], places: readonly string[]): string | undefined =>
  places.find((place) => names.every((name) => packageFolder(name, place) !== undefined));

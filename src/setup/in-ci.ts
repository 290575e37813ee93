import type { Environment } from "../git/git-binary.js";

/** True in continuous integration, where nothing is configured: its clones are thrown away. */
export const inCi = ({ CI }: Environment): boolean => CI === "true" || CI === "1";

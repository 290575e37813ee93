import manifest from "../package.json" with { type: "json" };

/** The version of this program. */
export const VERSION: string = manifest.version;

declare const __GIT_MEMORY_BUILD__: string | undefined;

/** Another one for each text of the program, once it is built. */
export const BUILD: string = typeof __GIT_MEMORY_BUILD__ === "string" ? __GIT_MEMORY_BUILD__ : `sources of ${VERSION}`;

import picomatch from "picomatch";

// A glob becomes a backtracking regular expression. Within these limits even a hostile one is done in milliseconds:
// what backtracks are stars within a segment, globstars among the segments, and alternatives one after the other.
const MAX_PATTERN_LENGTH = 300;
const MAX_PATH_LENGTH = 400;
const MAX_STARS_IN_SEGMENT = 2;
const MAX_GLOBSTARS = 3;
const MAX_BRACES = 3;
const CACHE_SIZE = 500;

type Match = (path: string) => boolean;

const cache = new Map<string, Match>();

/**
 * Whether one of the globs (`*`, `**`, `?`, `[a-z]`, `{a,b}`; relative to the code repository) covers a path; names with a
 * leading dot count, parentheses are letters like others. A pattern that is not valid or beyond the limits (300 characters,
 * 2 stars a segment, 3 globstars, 3 braces; paths of 400) matches only the path that is spelled the same. Never throws.
 */
export function matchesAny(globs: readonly string[], path: string): boolean {
  const plain = path.replace(/^\.\//, "");
  return globs.some((glob) => mayCover(glob.replace(/^\.\//, ""), plain) && matcher(glob)(plain));
}

/** False when the folders that a glob spells out are not the path's: most globs of a store need no more to be told apart. */
function mayCover(glob: string, path: string): boolean {
  const magic = glob.search(/[*?[\]{}!\\]/);
  const folder = glob.lastIndexOf("/", magic < 0 ? glob.length : magic);
  return folder <= 0 || path.startsWith(glob.slice(0, folder));
}

function matcher(glob: string): Match {
  const known = cache.get(glob);
  if (known !== undefined) return known;
  const made = compile(glob.replace(/^\.\//, ""));
  const oldest = cache.keys().next();
  if (cache.size >= CACHE_SIZE && !oldest.done) cache.delete(oldest.value);
  cache.set(glob, made);
  return made;
}

function compile(glob: string): Match {
  const literal: Match = (path) => path === glob;
  if (glob === "" || glob.length > MAX_PATTERN_LENGTH || isCostly(glob)) return literal;
  // Picomatch hands these on to the regular expression: `(a+)+` would run for ever, and `app/(auth)/page.tsx` is a path.
  const escaped = glob.replace(/[()+|^$]/g, "\\$&");
  try {
    const matches = picomatch(escaped, { dot: true, noextglob: true, nonegate: true });
    return (path) => path === glob || (path.length <= MAX_PATH_LENGTH && matches(path));
  } catch (error) {
    if (error instanceof Error) return literal;
    throw error;
  }
}

function isCostly(glob: string): boolean {
  const segments = glob.split("/");
  const globstars = segments.filter((segment) => segment === "**").length;
  const stars = Math.max(...segments.map((segment) => segment.match(/\*+/g)?.length ?? 0));
  const braces = glob.match(/\{/g)?.length ?? 0;
  return globstars > MAX_GLOBSTARS || stars > MAX_STARS_IN_SEGMENT || braces > MAX_BRACES;
}

const ABSOLUTE = /^(?:[/\\~]|[A-Za-z]:)/;
/** `..` as a part of a path, also between the signs of a glob. */
const ABOVE = /(?:^|[/\\{},()|!])\.\.(?:$|[/\\{},()|#])/;

/**
 * Why a path or glob leads out of the repository, as the rest of a sentence, or undefined when it stays inside. `absolute` allows
 * any place of this machine, as only the personal store may name one.
 */
export function outsideProblem(path: string, absolute: boolean): string | undefined {
  if (ABOVE.test(path)) return 'must not hold ".."';
  if (absolute || !ABSOLUTE.test(path)) return undefined;
  return "must be relative to the repository; only the personal store holds absolute paths";
}

/**
 * Why a project's `root_path` cannot be used, as the rest of a sentence, or undefined when it can. It is relative to the
 * repository; `absolute` allows any other place too, as only the personal store may name one.
 */
export function rootPathProblem(path: string, absolute: boolean): string | undefined {
  const outside = outsideProblem(path, absolute);
  if (outside !== undefined || ABSOLUTE.test(path)) return outside;
  return path.includes("\\") ? "must have / between its parts" : undefined;
}

/** A `root_path` in the one form in which equal places are equal texts: no `./`, no doubled or closing slash; the repository itself is `.`. */
export function normalRootPath(path: string): string {
  const parts = path.normalize("NFC").split("/");
  const kept = parts.filter((part, at) => part !== "." && (part !== "" || at === 0));
  const joined = kept.join("/");
  return joined !== "" ? joined : path.startsWith("/") ? "/" : ".";
}

/** True when the place `inner` is the place `outer` or lies in it; both as `normalRootPath` gives them. Nothing lies in no place. */
export function holdsPath(outer: string | undefined, inner: string): boolean {
  if (outer === undefined) return false;
  if (outer === inner) return true;
  if (outer === ".") return !ABSOLUTE.test(inner);
  return inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

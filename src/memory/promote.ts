import { formatScope, parseScope, type Scope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import type { Indexed } from "../search/indexed.js";
import type { Memory } from "./memory.js";
import { addressIn } from "./resolve.js";
import { PERSONAL } from "./workspace.js";

const BREADTH: Readonly<Record<Scope["level"], number>> = { session: 0, project: 1, org: 2, global: 3 };

interface Step {
  readonly scope: string;
  readonly store: string;
}

/** The stores beside the person's own that stand for scopes of a level around an entry's own, and can be written. */
function shared(memory: Memory, entry: Indexed, level: Scope["level"]): Step[] {
  const { workspace } = memory;
  return workspace
    .chain(entry.scope)
    .filter(({ store, scope }) => store !== PERSONAL && parseScope(scope).level === level)
    .filter(({ store }) => workspace.get(store)?.readOnly === false)
    .map(({ store, scope }) => ({ store, scope }));
}

/** The next broader scope: session, project, the project as others see it, org, global. */
function nextBroader(memory: Memory, entry: Indexed): Step {
  const { level } = parseScope(entry.scope);
  if (level === "session") return { scope: memory.scope, store: memory.workspace.home(memory.scope) };
  const levels = (["project", "org", "global"] as const).filter((one) => BREADTH[one] >= BREADTH[level]);
  for (const step of levels.flatMap((one) => shared(memory, entry, one)))
    if (step.scope !== entry.scope || entry.store === PERSONAL) return step;
  if (level !== "global") return { scope: PERSONAL, store: PERSONAL };
  throw new MemoryError(
    "invalid_input",
    `${addressIn(memory, entry)} applies everywhere already. Nothing was written. Name the scope that is to have it: to project shares it with this project.`,
    { field: "to" },
  );
}

/**
 * Where an entry goes that is promoted: the next broader scope, or the one that is named. Throws `invalid_input` where that
 * is none that more people or more projects see.
 */
export function promotion(memory: Memory, entry: Indexed, to: string | undefined): Step {
  const step = to === undefined ? nextBroader(memory, entry) : { scope: to, store: memory.workspace.home(to) };
  const target = memory.workspace.canonical(step.scope);
  const address = addressIn(memory, entry);
  if (formatScope(target) === entry.scope && step.store === entry.store)
    throw new MemoryError("invalid_input", `${address} is in ${step.scope} already. Nothing was written.`, {
      field: "to",
    });
  const broader = BREADTH[target.level] > BREADTH[parseScope(entry.scope).level];
  const told = entry.store === PERSONAL && step.store !== PERSONAL && target.level !== "session";
  if (broader || told) return step;
  throw new MemoryError(
    "invalid_input",
    `${step.scope} is no broader than ${entry.scope}, so nothing was written. [[update]] with set.scope moves ${address} there all the same.`,
    { field: "to", scope: entry.scope },
  );
}

import type { Operation, Route } from "./operation.js";
import { OPERATIONS } from "./registry.js";

/** A way in over REST, with the operation it leads to. */
export interface NamedRoute extends Route {
  /** Unique: `search`, `history_list`. */
  readonly name: string;
  readonly operation: Operation;
}

/** Every way in of the product over REST, each operation's own first. */
export const ROUTES: readonly NamedRoute[] = OPERATIONS.flatMap((operation) => {
  const { area, action, route, alsoAt = [] } = operation;
  const own = { ...route, name: action ? `${area}_${action}` : area };
  return [own, ...alsoAt].map((one) => ({ ...one, operation }));
});

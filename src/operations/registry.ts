import { adminOperations } from "./admin.js";
import { conflictOperations } from "./conflict.js";
import { context } from "./context.js";
import { get } from "./get.js";
import { historyOperations } from "./history.js";
import type { Operation } from "./operation.js";
import { patternOperations } from "./pattern.js";
import { promote } from "./promote.js";
import { relationOperations } from "./relation.js";
import { orgOperations, projectOperations } from "./scope.js";
import { search } from "./search.js";
import { sessionOperations } from "./session.js";
import { syncOperations } from "./sync.js";
import { tagOperations } from "./tag.js";
import { bulk, remove, save, update } from "./write.js";

/** Every verb of the product, in the order in which tools and help list them. */
export const OPERATIONS: readonly Operation[] = [
  context,
  search,
  get,
  save,
  update,
  remove,
  ...historyOperations,
  ...conflictOperations,
  bulk,
  ...relationOperations,
  ...tagOperations,
  ...patternOperations,
  ...sessionOperations,
  promote,
  ...orgOperations,
  ...projectOperations,
  ...syncOperations,
  ...adminOperations,
];

/** The operation of an area and, where it has several, an action. */
export const findOperation = (area: string, action?: string): Operation | undefined =>
  OPERATIONS.find((one) => one.area === area && one.action === action);

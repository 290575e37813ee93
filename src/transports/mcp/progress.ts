import type { Progress } from "../../operations/operation.js";
import type { Exchange } from "./protocol.js";

/** The least time between two notifications about one count (milliseconds). */
const EVERY_MS = 100;

/**
 * Makes one rising value of the counts that a call goes through one after another, as the protocol asks for; undefined
 * when the client does not want to know.
 */
export function risingProgress(tell: Exchange["progress"]): Progress | undefined {
  if (!tell) return undefined;
  let base = 0;
  let last = -1;
  let about = "";
  let at = Number.NEGATIVE_INFINITY;
  return (done, total, message) => {
    const another = message !== about;
    if (another) [base, about] = [last + 1, message];
    const value = base + done;
    const now = performance.now();
    if (value <= last || (!another && done !== total && now - at < EVERY_MS)) return;
    [last, at] = [value, now];
    tell(value, total === undefined ? undefined : base + total, message);
  };
}

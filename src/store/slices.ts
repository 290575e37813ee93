import { setImmediate as pause } from "node:timers/promises";

/** How long one works before it lets others have the event loop, in milliseconds. */
const SLICE_MS = 8;

/** To be awaited between small pieces of work: other calls are answered while a long one goes on. */
export function slices(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < SLICE_MS) return;
    await pause();
    since = performance.now();
  };
}

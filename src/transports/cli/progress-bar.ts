import type { Progress } from "../../operations/operation.js";

/** What is over sooner (milliseconds) shows no bar. */
const AFTER_MS = 400;
const WIDTH = 24;

/** One line on a terminal that says how far a command is, and is gone when the command ends. */
export function progressBar(
  write: (text: string) => void,
  now: () => number,
): { readonly progress: Progress; readonly end: () => void } {
  const start = now();
  let shown = false;
  return {
    progress: (done, total, message) => {
      if (now() - start < AFTER_MS) return;
      shown = true;
      const full = total === undefined || total === 0 ? 0 : Math.min(WIDTH, Math.floor((done / total) * WIDTH));
      const bar = total === undefined ? "" : ` [${"#".repeat(full)}${".".repeat(WIDTH - full)}] ${done} of ${total}`;
      write(`\r\u001b[K${message}${bar}`);
    },
    end: () => {
      if (shown) write("\r\u001b[K");
    },
  };
}

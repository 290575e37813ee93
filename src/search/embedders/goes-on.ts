import { EmbedderFailure } from "./embedder-failure.js";

/** What is said when nobody waits for the vectors any more. */
export const cancelled = (): EmbedderFailure => new EmbedderFailure("embedding was cancelled");

/** Throws when nobody waits any more. */
export function goesOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled();
}

import type { Embedder } from "../embedder.js";
import { EmbedderFailure } from "./embedder-failure.js";

/** No vectors, and why: search goes by words only. Has no dimensions, and embeds nothing. */
export const none = (reason: string): Embedder => ({
  id: "none",
  dimensions: 0,
  embed: async () => {
    throw new EmbedderFailure(reason, { lasting: true });
  },
  close: async () => undefined,
});

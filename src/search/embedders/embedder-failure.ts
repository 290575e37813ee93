/** Why there are no vectors, in words that may be shown: never a key, a text that was to be embedded, or a path. */
export class EmbedderFailure extends Error {
  /** True when trying again is of no use until something is changed. */
  readonly lasting: boolean;
  /** True when it is about what was given, so that other texts may do. */
  readonly ofText: boolean;

  constructor(message: string, about: { readonly lasting?: boolean; readonly ofText?: boolean } = {}) {
    super(message);
    this.name = "EmbedderFailure";
    this.lasting = about.lasting ?? false;
    this.ofText = about.ofText ?? false;
  }
}

/** Any failure as one that may be shown: what an engine says of itself may name paths and is left out. */
export const asFailure = (error: unknown): EmbedderFailure =>
  error instanceof EmbedderFailure ? error : new EmbedderFailure("the embedder failed");

/** Turns texts into unit vectors. */
export interface Embedder {
  /** Stored with each vector; vectors of different ids are never mixed. */
  readonly id: string;
  readonly dimensions: number;
  /** One unit vector per text, in their order. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
  close(): Promise<void>;
}

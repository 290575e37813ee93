/** A model that runs in a thread of its own, and what it has to know to load. */
export type ModelJob =
  | { readonly driver: "minilm" }
  | {
      readonly driver: "minilm-onnx";
      /** The folder with weights and tokenizer. */
      readonly folder: string;
      /** Where `onnxruntime-node` is looked up from. */
      readonly from: string;
    }
  | { readonly driver: "transformers"; readonly model: string; readonly cache: string; readonly from: string };

/** Texts to vectors, as a loaded model does it: one after another, on the thread that calls. */
export type Model = (texts: readonly string[]) => Promise<ArrayLike<number>[]>;

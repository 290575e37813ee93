// A lane of 8 bits takes the counts of 31 words at most.
const WORDS_A_FOLD = 31;

/** Writes the signs of a vector into `bits` from `at` on, 32 to a word: 1 for what is above zero. */
export function signBits(vector: Float32Array, bits: Uint32Array, at: number): void {
  for (let start = 0, word = at; start < vector.length; start += 32, word++) {
    let value = 0;
    const end = Math.min(start + 32, vector.length);
    for (let i = start; i < end; i++) if (vector[i]! > 0) value |= 1 << (i - start);
    bits[word] = value;
  }
}

/** How many bits of each row differ from the query's; a row has as many words as the query. */
export function hammingDistances(query: Uint32Array, bits: Uint32Array, rows: number, distances: Uint16Array): void {
  const words = query.length;
  for (let row = 0, at = 0; row < rows; row++) {
    let distance = 0;
    for (let word = 0; word < words; ) {
      let lanes = 0;
      const end = Math.min(word + WORDS_A_FOLD, words);
      for (; word < end; word++, at++) {
        let v = query[word]! ^ bits[at]!;
        v -= (v >>> 1) & 0x55555555;
        v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
        lanes += (v + (v >>> 4)) & 0x0f0f0f0f;
      }
      // Up to 248 a lane: added up in pairs, since a multiplication would overflow one.
      const pairs = (lanes & 0x00ff00ff) + ((lanes >>> 8) & 0x00ff00ff);
      distance += (pairs & 0xffff) + (pairs >>> 16);
    }
    distances[row] = distance;
  }
}

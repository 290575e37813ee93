// A quarter more each time: doubling would leave up to half of the largest arrays unused.
function capacity(length: number, needed: number): number {
  return Math.max(needed, Math.ceil(length * 1.25), 16);
}

/** The array itself when it holds `needed` items, else a larger copy. */
export function growUint8(array: Uint8Array, needed: number): Uint8Array {
  if (needed <= array.length) return array;
  const larger = new Uint8Array(capacity(array.length, needed));
  larger.set(array);
  return larger;
}

/** The array itself when it holds `needed` items, else a larger copy. */
export function growUint16(array: Uint16Array, needed: number): Uint16Array {
  if (needed <= array.length) return array;
  const larger = new Uint16Array(capacity(array.length, needed));
  larger.set(array);
  return larger;
}

/** The array itself when it holds `needed` items, else a larger copy. */
export function growUint32(array: Uint32Array, needed: number): Uint32Array {
  if (needed <= array.length) return array;
  const larger = new Uint32Array(capacity(array.length, needed));
  larger.set(array);
  return larger;
}

/** The array itself when it holds `needed` items, else a larger copy. */
export function growFloat64(array: Float64Array, needed: number): Float64Array {
  if (needed <= array.length) return array;
  const larger = new Float64Array(capacity(array.length, needed));
  larger.set(array);
  return larger;
}

/** The array itself when it holds `needed` items, else a larger copy. */
export function growInt16(array: Int16Array, needed: number): Int16Array {
  if (needed <= array.length) return array;
  const larger = new Int16Array(capacity(array.length, needed));
  larger.set(array);
  return larger;
}

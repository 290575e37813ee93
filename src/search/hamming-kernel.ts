// A WebAssembly module, assembled here: 128 bits are compared at a time, some five times as fast as in JavaScript. Opcodes are
// those of the WebAssembly specification (core, 5.4 and its SIMD part).

/** Memory of WebAssembly, as far as it is used here: Node's types do not have it. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}

interface Wasm {
  readonly Memory: new (size: { readonly initial: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

const { Memory, Module, Instance } = (globalThis as unknown as { readonly WebAssembly: Wasm }).WebAssembly;

const I32 = 0x7f;
const V128 = 0x7b;
const EMPTY = 0x40;
const SIMD = 0xfd;

const BLOCK = [0x02, EMPTY];
const LOOP = [0x03, EMPTY];
const END = [0x0b];
const branch = (depth: number): number[] => [0x0c, depth];
const branchIf = (depth: number): number[] => [0x0d, depth];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const i32 = (value: number): number[] => [0x41, value];
const ADD = [0x6a];
const LESS = [0x49];
const AT_LEAST = [0x4f];
/** Alignment 2^1, offset 0. */
const STORE_16 = [0x3b, 1, 0];
/** Alignment 2^4, offset 0. */
const LOAD_128 = [SIMD, 0x00, 4, 0];
const ZERO_128 = [SIMD, 0x0c, ...new Array<number>(16).fill(0)];
const XOR_128 = [SIMD, 0x51];
const COUNT_BITS_8 = [SIMD, 0x62];
const ADD_8 = [SIMD, 0x6e];
/** Sums of neighbours: sixteen of 8 bits become eight of 16, eight of 16 become four of 32. */
const PAIRS_8 = [SIMD, 0x7d];
const PAIRS_16 = [SIMD, 0x7f];
const lane32 = (lane: number): number[] => [SIMD, 0x1b, lane];

const [QUERY, ROW, ENDS, OUT, STRIDE, AT, COUNTS] = [0, 1, 2, 3, 4, 5, 6];

/** (query, row, ends, out, stride): for each row from `row` up to `ends` the number of bits that are not the query's, at `out`. */
const BODY = [
  BLOCK,
  LOOP,
  [get(ROW), get(ENDS), AT_LEAST, branchIf(1)].flat(),
  [ZERO_128, set(COUNTS), i32(0), set(AT)].flat(),
  LOOP,
  [get(QUERY), get(AT), ADD, LOAD_128, get(ROW), get(AT), ADD, LOAD_128, XOR_128].flat(),
  [COUNT_BITS_8, get(COUNTS), ADD_8, set(COUNTS)].flat(),
  [get(AT), i32(16), ADD, set(AT), get(AT), get(STRIDE), LESS, branchIf(0)].flat(),
  END,
  [get(COUNTS), PAIRS_8, PAIRS_16, set(COUNTS), get(OUT)].flat(),
  [get(COUNTS), lane32(0), get(COUNTS), lane32(1), ADD].flat(),
  [get(COUNTS), lane32(2), ADD, get(COUNTS), lane32(3), ADD, STORE_16].flat(),
  [get(OUT), i32(2), ADD, set(OUT), get(ROW), get(STRIDE), ADD, set(ROW), branch(0)].flat(),
  END,
  END,
  END,
].flat();

const name = (text: string): number[] => [text.length, ...Buffer.from(text)];

/** Numbers below 2^14 as LEB128. */
const leb = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);

const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content];

function assemble(): Uint8Array {
  const locals = [2, 1, I32, 1, V128];
  const code = [...locals, ...BODY];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 5, I32, I32, I32, I32, I32, 0]),
    ...section(2, [1, ...name("m"), ...name("m"), 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name("scan"), 0x00, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

/** All in bytes from the beginning of the memory: rows of `stride` bytes, a multiple of 16 that is at most `MAX_STRIDE`. */
export type HammingKernel = (query: number, row: number, ends: number, out: number, stride: number) => void;

/** A byte counts 8 bits a step. */
export const MAX_STRIDE = 31 * 16;

let compiled: object | undefined;
let impossible = false;

/** A kernel with memory of its own, of one page of 64 KB; undefined on a machine that cannot have it. */
export function hammingKernel(): { readonly memory: WasmMemory; readonly scan: HammingKernel } | undefined {
  if (impossible) return undefined;
  try {
    compiled ??= new Module(assemble());
    const memory = new Memory({ initial: 1 });
    const { exports } = new Instance(compiled, { m: { m: memory } });
    return { memory, scan: exports.scan as HammingKernel };
  } catch {
    // No such instructions, or no address space for such a memory.
    impossible = true;
    return undefined;
  }
}

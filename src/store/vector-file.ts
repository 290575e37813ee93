import zlib from "node:zlib";

/** A digest of 32 bytes as a text of 32 characters, one a byte: short, and fit to be a key. */
export type Key = string;

/** One thing in a file of vectors: a text's vector, or what the texts of one state of an entry are. */
export type VectorRecord =
  | { readonly key: Key; readonly vector: Float32Array }
  | { readonly key: Key; readonly texts: readonly Key[] };

/** Where a record that was found lies. */
export interface Found {
  readonly key: Key;
  readonly kind: "vector" | "texts";
  readonly start: number;
  readonly length: number;
}

const KEY_BYTES = 32;
const MARK = 0x76_65_63_31;
const KINDS = ["vector", "texts"] as const;
/** Mark, kind, bytes of content, key; after the content a checksum. */
const HEAD = 12 + KEY_BYTES;
const TAIL = 4;
const MAGIC = "git-memory vectors 1\n";
/** No entry has more: of something larger the length is damaged. */
const LARGEST = 1 << 20;

/** The beginning of a file: which embedder's vectors it holds. */
export const header = (id: string, dimensions: number): Buffer =>
  Buffer.from(`${MAGIC}${JSON.stringify({ id, dimensions })}\n`);

/** What the beginning of a file says, and where the records begin; undefined for another's file, or a damaged one. */
export function readHeader(bytes: Buffer): { id: string; dimensions: number; end: number } | undefined {
  if (bytes.subarray(0, MAGIC.length).toString("latin1") !== MAGIC) return undefined;
  const end = bytes.indexOf(10, MAGIC.length) + 1;
  if (end === 0) return undefined;
  try {
    const said = JSON.parse(bytes.subarray(MAGIC.length, end).toString("utf8")) as {
      id?: unknown;
      dimensions?: unknown;
    };
    const { id, dimensions } = said;
    return typeof id === "string" && Number.isInteger(dimensions) && Number(dimensions) > 0
      ? { id, dimensions: Number(dimensions), end }
      : undefined;
  } catch {
    return undefined;
  }
}

/** A record as bytes. */
export function encode(record: VectorRecord): Buffer {
  const isVector = "vector" in record;
  const content = isVector
    ? Buffer.from(record.vector.buffer, record.vector.byteOffset, record.vector.byteLength)
    : Buffer.from(record.texts.join(""), "latin1");
  const bytes = Buffer.alloc(HEAD + content.length + TAIL);
  bytes.writeUInt32LE(MARK, 0);
  bytes.writeUInt32LE(isVector ? 0 : 1, 4);
  bytes.writeUInt32LE(content.length, 8);
  bytes.write(record.key, 12, "latin1");
  content.copy(bytes, HEAD);
  bytes.writeUInt32LE(zlib.crc32(bytes.subarray(0, bytes.length - TAIL)), bytes.length - TAIL);
  return bytes;
}

/**
 * The whole records in a piece of a file, and how much of the piece is done with: the rest may be the beginning of a
 * record whose end is still to come. What is damaged or was cut off by a kill is passed over.
 */
export function scan(bytes: Buffer, dimensions: number): { readonly found: readonly Found[]; readonly done: number } {
  const found: Found[] = [];
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(MARK);
  let at = 0;
  while (at + HEAD + TAIL <= bytes.length) {
    const next = bytes.indexOf(mark, at);
    if (next < 0) return { found, done: Math.max(at, bytes.length - mark.length + 1) };
    at = next;
    if (at + HEAD > bytes.length) break;
    const kind = KINDS[bytes.readUInt32LE(at + 4)];
    const length = bytes.readUInt32LE(at + 8);
    const fits = kind === "vector" ? length === dimensions * 4 : length % KEY_BYTES === 0 && length <= LARGEST;
    const end = at + HEAD + length + TAIL;
    if (kind === undefined || !fits) {
      at++;
      continue;
    }
    if (end > bytes.length) break;
    if (zlib.crc32(bytes.subarray(at, end - TAIL)) !== bytes.readUInt32LE(end - TAIL)) {
      at++;
      continue;
    }
    found.push({ key: bytes.toString("latin1", at + 12, at + HEAD), kind, start: at, length: end - at });
    at = end;
  }
  return { found, done: at };
}

/** The content of a record's bytes as a vector. */
export function vectorIn(record: Buffer): Float32Array {
  const content = record.subarray(HEAD, record.length - TAIL);
  // A typed array has to begin at a multiple of four.
  return new Float32Array(Uint8Array.from(content).buffer);
}

/** The content of a record's bytes as keys of texts. */
export function textsIn(record: Buffer): Key[] {
  const content = record.toString("latin1", HEAD, record.length - TAIL);
  return Array.from({ length: content.length / KEY_BYTES }, (_, i) =>
    content.slice(i * KEY_BYTES, (i + 1) * KEY_BYTES),
  );
}

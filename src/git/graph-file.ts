import { createHash, type Hash } from "node:crypto";
import os from "node:os";
import { setImmediate as pause } from "node:timers/promises";
import { Integers, Names } from "./columns.js";
import { CommitGraph, emptyColumns, type GraphColumns } from "./commit-graph.js";

/** A graph as it is kept on disk, and what it is about. */
export interface KeptGraph {
  readonly graph: CommitGraph;
  /** Heads behind which everything was known when they were done, newest first. */
  readonly tips: readonly string[];
}

/** What has to be the same for a file to be of use. */
export interface GraphKey {
  readonly prefix: string;
  /** The commits at which this clone ends. */
  readonly cut: readonly string[];
}

const FORMAT = 1;
const CHECKSUM_BYTES = 20;
const PIECE = 1 << 20;
const SLICE_MS = 8;
const NAMES = ["commits", "blobs", "paths", "authors"] as const;
const HEX = new Set<string>(["commits", "blobs"]);
const INTEGERS = (Object.keys(emptyColumns()) as (keyof GraphColumns)[]).filter(
  (name): name is Exclude<keyof GraphColumns, (typeof NAMES)[number]> => !(NAMES as readonly string[]).includes(name),
);

/** Lets others have the event loop now and then. */
async function breathe(since: number): Promise<number> {
  if (performance.now() - since < SLICE_MS) return since;
  await pause();
  return performance.now();
}

async function checksum(hash: Hash, bytes: Buffer): Promise<Buffer> {
  let since = performance.now();
  for (let at = 0; at < bytes.length; at += PIECE) {
    hash.update(bytes.subarray(at, at + PIECE));
    since = await breathe(since);
  }
  return hash.digest();
}

const textBytes = (name: string, names: Names): Buffer =>
  HEX.has(name) ? Buffer.from(names.all().join(""), "hex") : Buffer.from(names.all().join("\0"), "utf8");

/** The bytes of a graph: a line that says what follows, the columns, and a checksum over all of it. */
export async function encodeGraph({ graph, tips }: KeptGraph, { prefix, cut }: GraphKey): Promise<Buffer> {
  const { columns } = graph;
  const texts = NAMES.map((name) => textBytes(name, columns[name]));
  const numbers = INTEGERS.map((name) => Buffer.from(columns[name].bytes()));
  const head = {
    format: FORMAT,
    endian: os.endianness(),
    prefix,
    cut,
    tips,
    names: NAMES.map((name, at) => [columns[name].size, texts[at]!.length]),
    integers: numbers.map((bytes) => bytes.length),
  };
  const line = Buffer.from(`${JSON.stringify(head)}\n`);
  const body = Buffer.concat([line, ...numbers, ...texts]);
  return Buffer.concat([body, await checksum(createHash("sha1"), body)]);
}

interface Head {
  readonly format: number;
  readonly endian: string;
  readonly prefix: string;
  readonly cut: readonly string[];
  readonly tips: readonly string[];
  readonly names: readonly (readonly [count: number, bytes: number])[];
  readonly integers: readonly number[];
}

function headOf(bytes: Buffer): { head: Head; end: number } | undefined {
  const end = bytes.indexOf(0x0a) + 1;
  if (end === 0) return undefined;
  try {
    return { head: JSON.parse(bytes.toString("utf8", 0, end)) as Head, end };
  } catch {
    return undefined;
  }
}

async function readNames(name: string, count: number, bytes: Buffer): Promise<Names> {
  if (count === 0) return new Names();
  if (!HEX.has(name)) return new Names(bytes.toString("utf8").split("\0"));
  const names = new Names();
  const width = bytes.length / count;
  let since = performance.now();
  for (let at = 0; at < bytes.length; at += width) {
    names.number(bytes.toString("hex", at, at + width));
    if (at % 4_000 === 0) since = await breathe(since);
  }
  return names;
}

/** Reads what `encodeGraph` wrote; undefined when it is damaged, of another format, or about something else. */
export async function decodeGraph(bytes: Buffer, { prefix, cut }: GraphKey): Promise<KeptGraph | undefined> {
  const read = headOf(bytes);
  if (!read || bytes.length < CHECKSUM_BYTES) return undefined;
  const { head, end } = read;
  const fits =
    head.format === FORMAT &&
    head.endian === os.endianness() &&
    head.prefix === prefix &&
    JSON.stringify(head.cut) === JSON.stringify(cut);
  if (!fits) return undefined;
  const body = bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
  if (!(await checksum(createHash("sha1"), body)).equals(bytes.subarray(body.length))) return undefined;
  let at = end;
  const take = (length: number): Buffer => {
    const piece = body.subarray(at, at + length);
    at += length;
    return piece;
  };
  const integers = INTEGERS.map((name, position) => {
    const piece = Uint8Array.from(take(head.integers[position]!));
    return [name, new Integers(new Int32Array(piece.buffer))] as const;
  });
  const names: [string, Names][] = [];
  for (const [position, name] of NAMES.entries()) {
    const [count, length] = head.names[position]!;
    names.push([name, await readNames(name, count, take(length))]);
  }
  const columns = Object.fromEntries([...integers, ...names]) as unknown as GraphColumns;
  return { graph: new CommitGraph(prefix, columns), tips: head.tips };
}

import type { Relation } from "../entry/entry.js";
import type { EntryTable } from "./entry-table.js";
import type { Indexed } from "./indexed.js";
import { dataPiece, type Piece, type Pieces } from "./pieces.js";
import type { RelationGraph } from "./relation-graph.js";

/** An entry as the index has it, where it has it, and its relations. */
export interface Held {
  readonly slot: number;
  readonly entry: Indexed;
  readonly relations: readonly Relation[];
}

/** Entries in a piece: a few milliseconds of work. */
const SLICE = 500;

type Field = keyof Indexed;

/** Some entries as plain data, field by field, so that no name is written and read for each of them; null = absent. */
interface EntryColumns {
  readonly slots: readonly number[];
  readonly fields: Readonly<Partial<Record<Field, readonly unknown[]>>>;
  readonly relations: readonly (readonly [row: number, relations: readonly Relation[]])[];
}

/** Fields in which many entries have the same. */
const SHARED: ReadonlySet<string> = new Set([
  "store",
  "scope",
  "kind",
  "category",
  "topic",
  "author",
] satisfies Field[]);

/** The columns of some entries. */
function toColumns(held: readonly Held[]): EntryColumns {
  const fields: Partial<Record<Field, unknown[]>> = {};
  held.forEach(({ entry }, row) => {
    for (const [field, value] of Object.entries(entry) as [Field, unknown][]) {
      fields[field] ??= Array<unknown>(held.length).fill(null);
      fields[field][row] = value;
    }
  });
  const relations = held.flatMap((one, row) =>
    one.relations.length === 0 ? [] : [[row, one.relations] as [number, readonly Relation[]]],
  );
  return { slots: held.map(({ slot }) => slot), fields, relations };
}

/** The entries of such columns; `share` gives equal strings one identity. */
function fromColumns({ slots, fields, relations }: EntryColumns, share: (text: string) => string): Held[] {
  const told = new Map(relations);
  const columns = Object.entries(fields).map(([field, values]) => ({ field, values, shared: SHARED.has(field) }));
  return slots.map((slot, row) => {
    const entry: Record<string, unknown> = {};
    for (const { field, values, shared } of columns) {
      const value = values[row];
      if (value === null) continue;
      if (shared) entry[field] = share(value as string);
      else if (field === "tags" || field === "applies_to") entry[field] = (value as string[]).map(share);
      else entry[field] = value;
    }
    return { slot, entry: entry as unknown as Indexed, relations: told.get(row) ?? [] };
  });
}

const nameOf = (slice: number): string => `entries.${slice}`;

/** All entries of a table with their relations, in pieces. */
export function* entryPieces(table: EntryTable, relations: RelationGraph): Generator<Piece> {
  const entries = [...table.entries()];
  for (let slice = 0; slice * SLICE < entries.length; slice++) {
    const held = entries.slice(slice * SLICE, (slice + 1) * SLICE).map((entry): Held => {
      const slot = table.slotOf(entry.store, entry.path)!;
      return { slot, entry, relations: relations.toldBy(entry) };
    });
    yield dataPiece(nameOf(slice), toColumns(held));
  }
}

/** The entries in such pieces, piece by piece; `share` gives equal strings one identity. */
export function* entriesIn(pieces: Pieces, share: (text: string) => string): Generator<readonly Held[]> {
  for (let slice = 0; pieces.has(nameOf(slice)); slice++)
    yield fromColumns(pieces.data<EntryColumns>(nameOf(slice)), share);
}

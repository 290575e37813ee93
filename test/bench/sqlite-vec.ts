import { createRequire } from "node:module";
import path from "node:path";
import { type Database, openSqlite } from "./fts5.js";

/** The extension sqlite-vec over the same vectors: the ten nearest, exactly. */
export interface SqliteVec {
  search(query: Float32Array): unknown[];
  close(): void;
}

/** Loads it from the folder named by BENCH_LAB; undefined where it is not installed. */
export function openSqliteVec(vectors: Iterable<Float32Array>, lab: string | undefined): SqliteVec | undefined {
  const database = openSqlite(lab);
  if (!database || !lab) return undefined;
  try {
    const extension = createRequire(path.resolve(lab, "package.json"))("sqlite-vec") as { load(into: Database): void };
    extension.load(database);
  } catch {
    return undefined;
  }
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
  let insert: ReturnType<Database["prepare"]> | undefined;
  database.exec("BEGIN");
  for (const vector of vectors) {
    if (!insert) {
      database.exec(`CREATE VIRTUAL TABLE passages USING vec0(vector float[${vector.length}])`);
      insert = database.prepare("INSERT INTO passages(vector) VALUES (?)");
    }
    insert.run(bytes(vector));
  }
  database.exec("COMMIT");
  const nearest = database.prepare("SELECT rowid, distance FROM passages WHERE vector MATCH ? AND k = 10");
  return { search: (query) => nearest.all(bytes(query)), close: () => database.close() };
}

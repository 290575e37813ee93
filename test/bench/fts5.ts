import { createRequire } from "node:module";
import path from "node:path";
import type { MadeEntry } from "./corpus.js";
import type { Query } from "./queries.js";

interface Statement {
  run(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
}

export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** SQLite's full-text search over the same entries, as one would build it: in memory, best hits with a snippet. */
export interface Fts5 {
  search(query: Query): unknown[];
  close(): void;
}

/** A database in memory of better-sqlite3 from the folder named by BENCH_LAB; undefined where it is not installed. */
export function openSqlite(lab: string | undefined): Database | undefined {
  if (!lab) return undefined;
  try {
    const Sqlite = createRequire(path.resolve(lab, "package.json"))("better-sqlite3") as new (file: string) => Database;
    return new Sqlite(":memory:");
  } catch {
    return undefined;
  }
}

/** The entries in SQLite; undefined where that is not installed. */
export function openFts5(entries: readonly MadeEntry[], lab: string | undefined): Fts5 | undefined {
  const database = openSqlite(lab);
  if (!database) return undefined;
  database.exec(
    `CREATE VIRTUAL TABLE texts USING fts5(title, text, tokenize = 'porter unicode61');
     CREATE TABLE entries(id INTEGER PRIMARY KEY, address TEXT, kind TEXT);
     CREATE TABLE tags(entry INTEGER, tag TEXT, PRIMARY KEY (entry, tag)) WITHOUT ROWID;
     BEGIN`,
  );
  const text = database.prepare("INSERT INTO texts(rowid, title, text) VALUES (?, ?, ?)");
  const entry = database.prepare("INSERT INTO entries VALUES (?, ?, ?)");
  const tag = database.prepare("INSERT INTO tags VALUES (?, ?)");
  for (const [row, { title, body, path: address, kind, tags }] of entries.entries()) {
    text.run(row, title, body);
    entry.run(row, address, kind);
    for (const one of tags) tag.run(row, one);
  }
  database.exec("COMMIT; INSERT INTO texts(texts) VALUES ('optimize')");
  const select = (condition: string): Statement =>
    database.prepare(
      `SELECT entries.address, texts.title, snippet(texts, 1, '', '', '…', 24) AS snippet, texts.rank AS score
       FROM texts JOIN entries ON entries.id = texts.rowid
       WHERE texts MATCH ? ${condition} ORDER BY texts.rank LIMIT 10`,
    );
  const plain = select("");
  const ofKind = select("AND entries.kind = ?");
  const tagged = select("AND EXISTS (SELECT 1 FROM tags WHERE tags.entry = texts.rowid AND tags.tag = ?)");
  return {
    search: ({ words, kind, tag: wanted }) => {
      const match = words.map((word) => `"${word}"`).join(" OR ");
      if (kind !== undefined) return ofKind.all(match, kind);
      if (wanted !== undefined) return tagged.all(match, wanted);
      return plain.all(match);
    },
    close: () => database.close(),
  };
}

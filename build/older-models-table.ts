import { CONFLICT_LOG, type Counterpart, OLDER_MODELS } from "./older-models.js";

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

/** What is said of columns; those that are called as here need no more words. */
const saidOf = ({ columns, here }: Counterpart): string => (here === code(columns) ? "the field of that name" : here);

/** The README's table of older data models. Tables are named where they change; neighbours with one counterpart share a row. */
export function olderModelsTable(): string {
  const lines: { tables: string; columns: string[]; said: string }[] = [];
  for (const row of [...OLDER_MODELS, ...CONFLICT_LOG]) {
    const [tables, said, last] = [code(row.tables), saidOf(row), lines.at(-1)];
    if (last?.tables === tables && last.said === said) last.columns.push(...row.columns);
    else lines.push({ tables, columns: [...row.columns], said });
  }
  const rows = lines.map(
    ({ tables, columns, said }, at) =>
      `| ${lines[at - 1]?.tables === tables ? "" : tables} | ${code(columns)} | ${said} |`,
  );
  return ["| table | columns | here |", "| --- | --- | --- |", ...rows].join("\n");
}

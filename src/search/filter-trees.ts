/** A value of a column, and the slots that have it. */
type Values = Map<string, number[]>;

/** One column's index as Orama loads it. */
export interface SavedTree {
  readonly type: "Flat";
  readonly isArray: boolean;
  readonly node: unknown;
}

/** Builds Orama's filters of many documents at once, in the form in which it loads what it saved (@orama/orama 3.1). */
export class FilterTrees {
  readonly #columns: readonly { readonly name: string; readonly type: string; readonly values: Values }[];

  /** `schema` as Orama has it; its text columns are passed over. */
  constructor(schema: Readonly<Record<string, string>>) {
    this.#columns = Object.entries(schema)
      .filter(([, type]) => type !== "string")
      .map(([name, type]) => ({ name, type, values: new Map() }));
  }

  add(slot: number, document: Readonly<Record<string, unknown>>): void {
    for (const { name, values } of this.#columns) {
      const value = document[name];
      if (value === undefined) continue;
      // Orama's number of a slot is put under a value once, however often the value is told.
      const all = Array.isArray(value) ? new Set<string>(value) : [value as string];
      for (const one of all) {
        const slots = values.get(one);
        if (slots === undefined) values.set(one, [slot]);
        else slots.push(slot);
      }
    }
  }

  /** Every column's index, one after the other. */
  *trees(): Generator<readonly [column: string, SavedTree]> {
    for (const { name, type, values } of this.#columns) {
      const isArray = type.endsWith("[]");
      yield [name, { type: "Flat", isArray, node: { numberToDocumentId: [...values] } }];
    }
  }
}

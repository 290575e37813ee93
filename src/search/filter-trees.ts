/** A value of a column, and the slots that have it. */
type Values = Map<string | number, number[]>;

/** A node of Orama's tree of numbers, as its `toJSON` gives one. */
interface Node {
  readonly k: number;
  readonly v: readonly number[];
  readonly l: Node | null;
  readonly r: Node | null;
  readonly h: number;
}

/** One column's index as Orama loads it. */
export interface SavedTree {
  readonly type: "Flat" | "AVL";
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
      const all = Array.isArray(value) ? new Set<string | number>(value) : [value as string | number];
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
      if (type.startsWith("number")) {
        const sorted = [...(values as Map<number, number[]>)].sort(([a], [b]) => a - b);
        const node = { root: balanced(sorted, 0, sorted.length), insertCount: sorted.length };
        yield [name, { type: "AVL", isArray, node }];
      } else yield [name, { type: "Flat", isArray, node: { numberToDocumentId: [...values] } }];
    }
  }
}

function balanced(sorted: readonly (readonly [number, readonly number[]])[], from: number, to: number): Node | null {
  if (from === to) return null;
  const middle = (from + to) >> 1;
  const [l, r] = [balanced(sorted, from, middle), balanced(sorted, middle + 1, to)];
  const [k, v] = sorted[middle]!;
  return { k, v, l, r, h: 1 + Math.max(l?.h ?? 0, r?.h ?? 0) };
}

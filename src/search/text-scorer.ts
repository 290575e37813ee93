import { type FieldFactors, fieldFactors, inverseFrequency, saturate } from "./bm25f.js";
import { FIELDS, type Field } from "./query.js";
import type { TextIndex } from "./text-index.js";
import type { Clause, TextPlan } from "./text-plan.js";
import { growFloat64 } from "./typed-arrays.js";

/** What one clause gave to the score of one document; `score` is its share of the document's text score. */
export interface ClauseMatch {
  readonly term: string;
  readonly kind: Clause["kind"];
  readonly idf: number;
  readonly score: number;
  /** Term frequency and weighted contribution (before saturation) per field. */
  readonly fields: Readonly<Partial<Record<Field, { readonly tf: number; readonly weighted: number }>>>;
}

/** A plan's clauses with their idf; `mass` is the idf sum that a score of 1 would have matched in full. */
export interface WeightedPlan {
  readonly clauses: readonly { readonly clause: Clause; readonly idf: number }[];
  readonly mass: number;
}

/** The documents that match a plan; `scores` is indexed by slot and valid until the next search. */
export interface TextMatches extends WeightedPlan {
  readonly slots: readonly number[];
  readonly scores: Float64Array;
  /** The slots of those that have an excluded clause. */
  readonly excluded: ReadonlySet<number>;
}

/** Scores documents by BM25F as a share (0–1) of the query's idf mass; owns the scratch memory for that. */
export class TextScorer {
  readonly #index: TextIndex;
  #scores: Float64Array = new Float64Array(256);
  #sums: Float64Array = new Float64Array(256);
  #matched: readonly number[] = [];

  constructor(index: TextIndex) {
    this.#index = index;
  }

  /** All documents that have at least one clause and no excluded one; `slots` is the number of slots in use. */
  match(plan: TextPlan, slots: number): TextMatches {
    for (const slot of this.#matched) this.#scores[slot] = 0;
    this.#scores = growFloat64(this.#scores, slots + 1);
    this.#sums = growFloat64(this.#sums, slots + 1);
    const factors = new Map<Field | undefined, FieldFactors>();
    const matched: number[] = [];
    const clauses: { clause: Clause; idf: number }[] = [];
    let mass = 0;
    for (const clause of plan.clauses) {
      const [term, second] = clause.terms;
      if (term !== undefined && second === undefined) {
        const fields = this.#known(clause.field, factors);
        const idf = inverseFrequency(this.#index.size, this.#index.holders(term, fields));
        mass += clause.weight * idf;
        clauses.push({ clause, idf });
        this.#index.score(term, fields, clause.weight * idf, this.#scores, matched);
        continue;
      }
      const touched = this.#gather(clause, factors);
      const idf = inverseFrequency(this.#index.size, touched.length);
      const weight = clause.weight * idf;
      mass += weight;
      clauses.push({ clause, idf });
      for (const slot of touched) {
        const before = this.#scores[slot]!;
        if (before === 0) matched.push(slot);
        this.#scores[slot] = before + weight * saturate(this.#sums[slot]!);
        this.#sums[slot] = 0;
      }
    }
    for (const slot of matched) this.#scores[slot] = this.#scores[slot]! / mass;
    const excluded = new Set<number>();
    for (const clause of plan.excluded) {
      for (const slot of this.#gather(clause, factors)) {
        excluded.add(slot);
        this.#scores[slot] = 0;
        this.#sums[slot] = 0;
      }
    }
    this.#matched = matched;
    const kept = excluded.size === 0 ? matched : matched.filter((slot) => !excluded.has(slot));
    return { slots: kept, scores: this.#scores, excluded, clauses, mass };
  }

  /** The same score taken apart, for the index in the same state. */
  explain(plan: WeightedPlan, slot: number): ClauseMatch[] {
    return plan.clauses.flatMap(({ clause, idf }) => {
      const { base, slope } = this.#factors(clause.field);
      const fields: Partial<Record<Field, { tf: number; weighted: number }>> = {};
      let sum = 0;
      FIELDS.forEach((field, n) => {
        const tf = clause.terms.reduce((total, term) => total + this.#index.frequencies(term, slot)[n]!, 0);
        const weighted = tf / (base[n]! + slope[n]! * this.#index.lengthOf(slot, n));
        if (tf === 0 || weighted === 0) return;
        fields[field] = { tf, weighted };
        sum += weighted;
      });
      if (sum === 0) return [];
      const score = (clause.weight * idf * saturate(sum)) / plan.mass;
      return [{ term: clause.label, kind: clause.kind, idf, score, fields }];
    });
  }

  /** Fills the sums of one clause and names the slots that have one. */
  #gather(clause: Clause, known: Map<Field | undefined, FieldFactors>): number[] {
    const factors = this.#known(clause.field, known);
    const touched: number[] = [];
    for (const term of clause.terms) this.#index.weigh(term, factors, this.#sums, touched);
    return touched;
  }

  #known(field: Field | undefined, known: Map<Field | undefined, FieldFactors>): FieldFactors {
    const factors = known.get(field) ?? this.#factors(field);
    known.set(field, factors);
    return factors;
  }

  #factors(field: Field | undefined): FieldFactors {
    return fieldFactors((n) => this.#index.averageLength(n), field);
  }
}

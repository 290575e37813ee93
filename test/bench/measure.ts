/** Milliseconds of one thing done many times. */
export type Samples = readonly number[];

/** The sample that `share` of all are not above (nearest rank). */
export function percentile(samples: Samples, share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.min(Math.max(Math.ceil(share * sorted.length), 1), sorted.length);
  return sorted[rank - 1] ?? Number.NaN;
}

export const median = (samples: Samples): number => percentile(samples, 0.5);

export const mean = (samples: Samples): number => samples.reduce((sum, one) => sum + one, 0) / samples.length;

/** Runs `work` for every item, one after the other, and times each. */
export async function timeEach<T>(items: readonly T[], work: (item: T) => unknown): Promise<number[]> {
  const samples: number[] = [];
  for (const item of items) {
    const begin = performance.now();
    await work(item);
    samples.push(performance.now() - begin);
  }
  return samples;
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

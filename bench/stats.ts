/** Medians and tails with their spread. A figure of a noisy machine means something beside another one of the same round, so ratios are made round by round. */

/** Samples, round by round. */
export type Rounds = readonly (readonly number[])[];

export interface Spread {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Summary {
  readonly count: number;
  /** Of all samples; low and high are the lowest and highest median of a round. */
  readonly p50: Spread;
  readonly p99: Spread;
}

export function quantile(samples: readonly number[], share: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

export function summarize(rounds: Rounds): Summary {
  const kept = rounds.filter((round) => round.length > 0);
  const all = kept.flat();
  const at = (share: number): Spread => {
    const each = kept.map((round) => quantile(round, share));
    return { value: quantile(all, share), low: Math.min(...each), high: Math.max(...each) };
  };
  return { count: all.length, p50: at(0.5), p99: at(0.99) };
}

/** Median over the rounds of what `each` makes of one round of both. */
export function compare(left: Rounds, right: Rounds, each: (left: number, right: number) => number): Spread {
  const made: number[] = [];
  for (const [index, round] of left.entries()) {
    const other = right[index];
    if (round.length > 0 && other !== undefined && other.length > 0) made.push(each(median(round), median(other)));
  }
  return spreadOf(made);
}

export const ratio = (left: Rounds, right: Rounds): Spread => compare(left, right, (a, b) => a / b);
export const difference = (left: Rounds, right: Rounds): Spread => compare(left, right, (a, b) => a - b);

export function spreadOf(values: readonly number[]): Spread {
  return { value: median(values), low: Math.min(...values), high: Math.max(...values) };
}

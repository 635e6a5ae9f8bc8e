/**
 * What one part of the benchmark is: goals that are fixed beforehand, and a run that gives figures to hold against them.
 * A section measures and never judges: report.ts does, by the goals, so no section can move its own bar.
 */
export interface BenchOptions {
  /** A short form: shows that everything works, its figures say little. */
  readonly quick: boolean;
  /** Progress, for the person who waits. */
  log(line: string): void;
}

export interface Goal {
  readonly id: string;
  readonly says: string;
  readonly unit: string;
  readonly bound: { readonly atMost: number } | { readonly atLeast: number };
  /** What would be better still; said beside the figure, never judged. */
  readonly extreme?: number;
}

export interface Reached {
  readonly goal: Goal["id"];
  readonly value: number;
  /** The lowest and the highest of the rounds, where there were several. */
  readonly low?: number;
  readonly high?: number;
  /** What dominates the figure: printed where the goal is missed. */
  readonly why: string;
}

export type Cell = string | number;

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Rows {
  readonly tables: readonly Table[];
  readonly reached: readonly Reached[];
  /** Peers that were skipped, and whatever else a reader must know to read the figures. */
  readonly notes: readonly string[];
}

export interface Section {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly goals: readonly Goal[];
  run(options: BenchOptions): Promise<Rows>;
}

/** Something that runs the benchmark's action: one call is one run with an isolate, a realm or a process of its own, however the candidate makes that. */
export interface Candidate {
  readonly name: string;
  /** It takes part in one lap of so many: processes are slow and disturb their neighbours. */
  readonly every: number;
  /** Microseconds of one run, from the request in hand to its result. */
  call(): Promise<number>;
  close(): Promise<void>;
}

/** A peer that is not installed says so instead. */
export interface Skipped {
  readonly skipped: string;
}

export const isSkipped = (made: Candidate | Skipped): made is Skipped => "skipped" in made;

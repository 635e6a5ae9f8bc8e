/**
 * Long work on the host's thread, cut into slices: what an action made can be large, and all other conversations wait for
 * the same event loop.
 */
export interface Slices {
  /** To be asked often; waits for a later turn of the event loop where this slice has lasted long enough. */
  pause(): Promise<void> | undefined;
}

const SLICE_MS = 4;

/** With `isSpent` the first slice is taken to have lasted long enough: something else did long work in this turn. */
export function createSlices({ isSpent = false }: { readonly isSpent?: boolean } = {}): Slices {
  let since = isSpent ? -Infinity : performance.now();
  return {
    pause() {
      if (performance.now() - since < SLICE_MS) return undefined;
      return new Promise((go) => {
        turns.wait(() => {
          since = performance.now();
          go();
        });
      });
    },
  };
}

/** Steps between two looks at the clock: most steps cost less than the look. */
const STEPS = 256;

/** To be called at each step of a walk through many small values; waits where its slices say so. */
export type Stride = () => Promise<void> | undefined;

export function createStride(slices: Slices): Stride {
  let steps = 0;
  return () => (++steps % STEPS === 0 ? slices.pause() : undefined);
}

/** One piece of long work goes on in each turn of the event loop, in order: a slice each of twenty would be a long turn together. */
class SliceTurns {
  readonly #waiting: (() => void)[] = [];

  wait(goOn: () => void): void {
    this.#waiting.push(goOn);
    if (this.#waiting.length === 1) setImmediate(() => this.#turn());
  }

  #turn(): void {
    // What it does follows at once, before anything else of this turn.
    this.#waiting[0]!();
    this.#waiting.shift();
    if (this.#waiting.length > 0) setImmediate(() => this.#turn());
  }
}

const turns = new SliceTurns();

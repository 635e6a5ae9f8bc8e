/**
 * Long work on the host's thread, cut into slices: what an action made can be large, and all other conversations wait for
 * the same event loop.
 */
export interface Slices {
  /** To be asked often; waits for the event loop to go round where this slice has lasted long enough. */
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
        setImmediate(() => {
          since = performance.now();
          go();
        });
      });
    },
  };
}

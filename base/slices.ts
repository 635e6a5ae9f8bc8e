/**
 * Long work on the host's thread, cut into slices: what an action made can be large, and all other conversations wait for
 * the same event loop.
 */
export interface Slices {
  /** To be asked often; waits for the event loop to go round where this slice has lasted long enough. */
  pause(): Promise<void> | undefined;
}

const SLICE_MS = 4;

export function createSlices(sliceMs = SLICE_MS): Slices {
  let since = performance.now();
  return {
    pause() {
      if (performance.now() - since < sliceMs) return undefined;
      return new Promise((go) => {
        setImmediate(() => {
          since = performance.now();
          go();
        });
      });
    },
  };
}

/** A call that a view has made: whether it is going on, what came, and what went wrong, as one sentence. */
import { useState } from "preact/hooks";

export interface Work {
  readonly isBusy: boolean;
  readonly mistake: string | null;
  /** Runs it; what it throws is kept as a sentence. */
  do(work: () => Promise<unknown>): void;
  clear(): void;
}

export function useWork(): Work {
  const [busy, setBusy] = useState(0);
  const [mistake, setMistake] = useState<string | null>(null);
  return {
    isBusy: busy > 0,
    mistake,
    do(work) {
      setBusy((count) => count + 1);
      setMistake(null);
      work().then(
        () => setBusy((count) => count - 1),
        (error: unknown) => {
          setBusy((count) => count - 1);
          setMistake(error instanceof Error ? error.message : String(error));
        },
      );
    },
    clear: () => setMistake(null),
  };
}

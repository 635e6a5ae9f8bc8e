/**
 * Runs without a key have no row until they end: nothing can ask for them. One that takes longer than a moment gets a row, so that it is seen, and
 * is settled and counted by another node when its own is gone. It is written beside the run, many in one commit.
 */
import { isPermanent } from "../../storage/store.ts";
import type { ServiceStore } from "../store/store.ts";
import type { NewRun } from "../store/operations/runs.ts";

export interface UnkeyedRuns {
  add(run: NewRun): TrackedRun;
  close(): void;
}

export interface TrackedRun {
  /** It has ended, and is settled as every run is. */
  done(): void;
  /** Nothing ran: no row of it is left. */
  forget(): Promise<void>;
}

/** In the place of a request's hash, by which a repeated key is compared. */
export const UNKEYED = "";
const MOMENT_MS = 250;

interface Tracked {
  readonly run: NewRun;
  readonly since: number;
  /** Of its row. */
  written: Promise<unknown> | null;
  /** A commit with it was refused, perhaps for another's sake. */
  isAlone: boolean;
}

export function createUnkeyedRuns(store: Pick<ServiceStore, "run">, momentMs = MOMENT_MS): UnkeyedRuns {
  const tracked = new Set<Tracked>();

  function look(): void {
    const before = performance.now() - momentMs;
    const long = [...tracked].filter(({ since, written }) => written === null && since <= before);
    const together = long.filter(({ isAlone }) => !isAlone);
    if (together.length > 0) write(together);
    for (const one of long) if (one.isAlone) write([one]);
  }
  function write(rows: readonly Tracked[]): void {
    const written = store.run("beginRuns", { runs: rows.map(({ run }) => run) });
    for (const one of rows) one.written = written;
    // What the store did not take is given to it with the next look.
    written.catch((error: unknown) => {
      const isFinal = isPermanent(error);
      if (isFinal && rows.length === 1) return;
      for (const one of rows) Object.assign(one, { written: null, isAlone: isFinal });
    });
  }
  const timer = setInterval(look, momentMs).unref();

  return {
    add(run) {
      const one: Tracked = { run, since: performance.now(), written: null, isAlone: false };
      tracked.add(one);
      return {
        done: () => void tracked.delete(one),
        async forget() {
          tracked.delete(one);
          if (one.written === null) return;
          const { tenant, executionId } = run;
          await one.written.then(() => store.run("forgetRun", { tenant, executionId })).catch(() => {});
        },
      };
    },
    close: () => clearInterval(timer),
  };
}

/** Writes how executions ended. */
import type { RunRow, SettledRun } from "../store/operations/runs.ts";
import type { ServiceStore } from "../store/store.ts";
import { keyOf } from "../../delivery/store-names.ts";
import type { ServiceLog } from "../log.ts";
import { createBatches, type Batches } from "./batches.ts";

export interface Recorder extends Omit<Batches<SettledRun>, "add" | "pending"> {
  settled(run: SettledRun): void;
  /** What this node knows and the store perhaps not yet. */
  pending(tenant: string, executionId: string): SettledRun | null;
}

const MOST = 500;
/** What goes beyond it is let go here: the ledger has what a key was given for. */
const KEPT = 50_000;

export const runName = (tenant: string, executionId: string): string => JSON.stringify([tenant, executionId]);

/** As rows have it: an index holds no name of any length and of any characters. */
export const conversationKey = (id: string | null): string | null => id && keyOf(id);

export function createRecorder(store: ServiceStore, log: Pick<ServiceLog, "error">): Recorder {
  const batches = createBatches<SettledRun>({
    nameOf: ({ tenant, executionId }) => runName(tenant, executionId),
    write: (runs) => store.run("settleRuns", { runs }),
    sizeOf: ({ outcome }) => outcome.length,
    most: MOST,
    kept: KEPT,
    onRefused: ({ tenant, executionId }, error) =>
      log.error({ tenant, executionId, error: error.message }, "the store does not take how an execution ended"),
  });
  return {
    ...batches,
    settled: batches.add,
    pending: (tenant, executionId) => batches.pending(runName(tenant, executionId)),
    get waiting() {
      return batches.waiting;
    },
  };
}

export function rowOf(run: SettledRun): RunRow {
  const { usage: _usage, ...row } = run;
  return { ...row, settledN: null, cancelledAt: null, request: null };
}

/** Recordings in the store of the service: they come and go with their executions. */
import { all, first, type Operation } from "../operation.ts";
import * as sql from "../statements/recordings.ts";
import { ofTheirTenant } from "./tenants.ts";

export interface KeptRecording {
  readonly tenant: string;
  readonly executionId: string;
  readonly conversationId: string | null;
  /** Of the code that ran. */
  readonly hash: string;
  /** When the run began. */
  readonly begunAt: number;
  readonly recordedAt: number;
  /** Packed JSON text. */
  readonly body: string;
  /** Packed JSON text of what the action was compiled to; null where it is not kept. */
  readonly code: string | null;
}

/** What comes after its tenant is gone is not kept. */
export function* keepRecordings({ recordings }: { readonly recordings: readonly KeptRecording[] }): Operation<void> {
  const there = yield* ofTheirTenant(recordings, ({ begunAt }) => begunAt);
  for (const { code, begunAt: _begunAt, ...row } of inOrder(there)) {
    const { tenant, hash, recordedAt } = row;
    if (code !== null) yield* all(sql.INSERT_CODE, { tenant, hash, code, now: recordedAt });
    yield* all(sql.INSERT, row);
  }
}

/** Rows are locked in one order, so that two nodes wait for each other and never in a circle. */
function inOrder(recordings: readonly KeptRecording[]): readonly KeptRecording[] {
  const keyOf = ({ tenant, hash }: KeptRecording): string => JSON.stringify([tenant, hash]);
  return recordings.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

export function* readRecording(input: {
  readonly tenant: string;
  readonly executionId: string;
}): Operation<Pick<KeptRecording, "body" | "code"> | null> {
  return yield* first<Pick<KeptRecording, "body" | "code">>(sql.READ, input);
}

export function* purgeRecordings(input: { readonly tenant: string; readonly conversationId: string }): Operation<void> {
  yield* all(sql.PURGE, input);
}

export function* dropRecordings(input: { readonly before: number; readonly tenant: string | null }): Operation<void> {
  yield* all(sql.DROP, input);
}

/** Of which no recording is left, for longer than a node could be writing one. */
export function* dropRecordedCode(input: { readonly before: number }): Operation<void> {
  yield* all(sql.DROP_CODE, input);
}

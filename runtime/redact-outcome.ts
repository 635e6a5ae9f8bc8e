/**
 * Takes the secrets that a server may have brought into a run out of what its action made: texts and the result, never the words of ours around
 * them. A secret that reads like one of these (a status, a verdict) must not change what an outcome says.
 */
import type { Redactor } from "../host-api/fetch/index.ts";
import { REASON_CODE_POINTS } from "../host-api/handoff/call.ts";
import type { Completion } from "../sandbox/index.ts";
import type { InnerError, Outcome, OutcomeError } from "./outcome.ts";
import type { MaybePromise } from "../base/promises.ts";
import { type Slices, createSlices } from "../base/slices.ts";
import { replaceTexts } from "./replace-texts.ts";

/** A piece of text that is looked through in one go: a millisecond or two. */
const PIECE_BYTES = 16 * 1024;

export function redactOutcome(outcome: Outcome, redactor: Redactor): MaybePromise<Outcome> {
  return redactor.isIdle ? outcome : redacted(outcome, redactor);
}

async function redacted(outcome: Outcome, redactor: Redactor): Promise<Outcome> {
  const { error, handoff, intents, returnValue } = outcome;
  // Reading the run's end took a part of this turn already.
  const slices = createSlices({ isSpent: true });
  const text = (input: string): Promise<string> => redactLong(input, redactor, slices);
  const piece = (input: string) => (input.length > PIECE_BYTES ? text(input) : redactor.text(input));
  const logs: Outcome["logs"][number][] = [];
  for (const line of outcome.logs) logs.push({ ...line, message: await text(line.message) });
  // The same shape with other text: what returned is still what returned.
  const clean = {
    ...outcome,
    ...(returnValue === undefined
      ? {}
      : { returnValue: await replaceTexts(returnValue, { text: piece, key: redactor.text }, slices) }),
    handoff: handoff && { ...handoff, reason: redactReason(handoff.reason, redactor) },
    intents: intents.map((intent) => ({ ...intent, reason: redactReason(intent.reason, redactor) })),
    logs,
    ...(error === undefined ? {} : { error: await redactError(error, text) }),
  };
  return clean as Outcome;
}

async function redactError(error: OutcomeError, text: (input: string) => Promise<string>): Promise<OutcomeError> {
  return {
    ...error,
    name: await text(error.name),
    message: await text(error.message),
    ...(error.stack === undefined ? {} : { stack: await text(error.stack) }),
    ...(error.frame === undefined ? {} : { frame: await text(error.frame) }),
    ...(error.inner === undefined ? {} : { inner: await redactAll(error.inner, text) }),
  };
}

async function redactAll(
  errors: readonly InnerError[],
  text: (input: string) => Promise<string>,
): Promise<InnerError[]> {
  const clean: InnerError[] = [];
  for (const { label, title, frame } of errors) {
    const shown = frame === undefined ? {} : { frame: await text(frame) };
    clean.push({ label, title: await text(title), ...shown });
  }
  return clean;
}

/** What the result's own class is called is the action's word; it stands in the middle of a sentence of ours. */
export function redactEnd(completion: Completion, { text }: Redactor): Completion {
  const { end } = completion;
  if (end.type !== "returned" || end.emptied === undefined) return completion;
  return { ...completion, end: { ...end, emptied: text(end.emptied) } };
}

/** Still no longer than a reason may be. */
export function redactReason(reason: string | null, { text }: Redactor): string | null {
  if (reason === null) return null;
  const clean = text(reason);
  // Most reasons hold no secret, and were cut to their length before.
  return clean === reason ? reason : Array.from(clean).slice(0, REASON_CODE_POINTS).join("");
}

export async function redactLong(
  input: string,
  redactor: Pick<Redactor, "text" | "stream">,
  slices: Slices,
): Promise<string> {
  await slices.pause();
  if (input.length <= PIECE_BYTES) return redactor.text(input);
  const filter = redactor.stream();
  const bytes = Buffer.from(input, "utf8");
  const clean: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    clean.push(filter.push(bytes.subarray(at, at + PIECE_BYTES)));
    await slices.pause();
  }
  const out = Buffer.concat([...clean, filter.end()]);
  // Text that is no well-formed Unicode stays as it is where there was nothing to redact.
  return out.equals(bytes) ? input : out.toString("utf8");
}

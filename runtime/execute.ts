/**
 * The story of one execution: read the invocation, compile the action, claim the execution, run it, fire a phone transfer, settle.
 * What the action asked for is recorded while it waits, so however the run ends, its hand-off stands.
 */
import { FETCH_PRELUDE } from "../host-api/fetch/index.ts";
import type { EgressRun } from "../host-api/fetch/index.ts";
import { Recorder, type Recorded, actionFunctions, handOffPreludeData, HAND_OFF_PRELUDE } from "../host-api/index.ts";
import { type Completion, SandboxError } from "../sandbox/index.ts";
import type { Artifact, NotCompiled } from "../languages/action.ts";
import { describeDiagnostics, describeEnd, describeLeftOpen } from "./action-error.ts";
import { QUEUE_FULL } from "../languages/compile/compiler.ts";
import { HostFault } from "../base/fault.ts";
import { openStages } from "../base/stages.ts";
import { type MaybePromise, isPromise, unlessFailed } from "../base/promises.ts";
import type { ExecutionEvents } from "./events.ts";
import { fire } from "./fire.ts";
import type { Begun, Standing } from "./handoffs/handoffs.ts";
import { type Invocation, hashInput, readInvocation } from "./invocation.ts";
import { invalidOutcome, type Outcome, refusedOutcome } from "./outcome.ts";
import { actionTexts, type ActionTexts, withOwnTexts } from "./own-texts.ts";
import type { Parts } from "./parts.ts";
import { redactEnd, redactOutcome, redactReason } from "./redact-outcome.ts";
import { settle, settleReplay } from "./settle.ts";

export async function execute(all: Parts, input: unknown): Promise<Outcome> {
  const stages = openStages();
  stages?.mark("called");
  const parts = stages === null ? all : { ...all, stages };
  const read = await readInvocation(input, parts.limits, parts.argsChecker);
  stages?.mark("invocation_read");
  stages?.name(read.ok ? read.invocation.executionId : read.executionId);
  if (!read.ok) return invalidOutcome(read.executionId, { ...read, name: "InvocationError", retry: "never" });
  const { invocation } = read;

  const { action, limits, tenant } = invocation;
  const compiled = parts.compiler.lookUp(action, limits) ?? (await parts.compiler.compile(action, limits, tenant));
  stages?.mark("compile_looked_up");
  const begun = await begin(parts, invocation, compiled.hash);
  stages?.mark("begun");
  if (begun.replay) return replay(parts, invocation, begun.replay);

  try {
    const outcome = compiled.ok
      ? await recorded(parts, invocation, compiled, begun)
      : notCompiledOutcome(invocation.executionId, compiled, begun);
    stages?.mark("settled");
    await end(parts, invocation, outcome);
    stages?.mark("ended");
    return outcome;
  } catch (error) {
    // It never ran: the execution id is free again.
    await end(parts, invocation, refusedOutcome(invocation.executionId));
    throw error instanceof SandboxError ? new HostFault(error.code, error.message, "safe", { cause: error }) : error;
  }
}

async function recorded(parts: Parts, invocation: Invocation, artifact: Artifact, before: Standing): Promise<Outcome> {
  const recorder = parts.recordings?.open(invocation, artifact, before);
  const outcome = await perform(recorder?.listen(parts) ?? parts, invocation, artifact, before);
  recorder?.close(outcome);
  return outcome;
}

/** A replay performs as well, with parts that answer from its recording. */
export async function perform(
  parts: Parts,
  invocation: Invocation,
  artifact: Artifact,
  before: Standing,
): Promise<Outcome> {
  const { tenant, secrets, limits, seed } = invocation;
  const egress = await parts.egress.open(tenant, { secrets, limits: { calls: limits.fetchCalls }, seed });
  const language = parts.languages.byId(artifact.language);
  const texts = actionTexts(language, artifact);
  const recorder = createRecorder(parts, invocation, before, egress, texts);
  let ran: Completion;
  try {
    ran = await run(parts, invocation, artifact, recorder, egress);
  } finally {
    egress.release();
  }
  parts.stages?.mark("completed");
  const recorded = await recorder.settle();
  const completion = redactEnd(await withOwnTexts(ran, texts), egress.redactor);
  const fired = await fire(parts.handoffs, recorded);
  const after = await lookAgain(parts, invocation, recorded, before);
  const error = await describeEnd(completion, artifact, language, invocation.limits);
  const leftOpen = await describeLeftOpen(completion, artifact, language);
  const outcome = settle({
    executionId: invocation.executionId, completion, fired, before, after, error, leftOpen, recorded,
  }); // prettier-ignore
  return redactOutcome(outcome, egress.redactor);
}

export function notCompiledOutcome(executionId: string, compiled: NotCompiled, before: Standing): Outcome {
  const error = describeDiagnostics(compiled);
  if (compiled.code !== QUEUE_FULL) return invalidOutcome(executionId, error, before);
  return refusedOutcome(executionId, { ...error, name: "RefusedError", retry: "safe" }, before);
}

function begin({ handoffs }: Parts, invocation: Invocation, actionHash: string): MaybePromise<Begun> {
  const { tenant, executionId, generatedId, conversation, environment } = invocation;
  const inputHash = hashInput(invocation, actionHash);
  const conversationId = conversation?.id ?? null;
  return handoffs.begin({ tenant, executionId, generatedId, inputHash, conversationId, environment });
}

function createRecorder(
  parts: Parts,
  invocation: Invocation,
  before: Standing,
  egress: EgressRun,
  texts: ActionTexts,
): Recorder {
  const { handoffs, log, events } = parts;
  const { tenant, executionId, conversation, environment, limits } = invocation;
  return new Recorder({
    run: {
      tenant,
      executionId,
      conversationId: conversation?.id ?? null,
      channel: conversation?.channel ?? null,
      environment,
      epoch: before.epoch,
      handedOff: before.handedOff,
      call: conversation?.call ?? null,
    },
    handoffs: {
      record: (request) => {
        const reason = redactReason(request.reason, egress.redactor);
        const receipt = handoffs.record({ ...request, reason });
        if (!isPromise(receipt)) return receipt;
        return receipt.catch((error: unknown) => {
          const { conversationId, intentId } = request;
          log.notRecorded({ tenant, executionId, conversationId, intentId }, error);
          events.notRecorded({ tenant, executionId, conversationId, intentId }, error);
          throw error;
        });
      },
    },
    handOffCalls: limits.handOffCalls,
    recordMs: handoffs.recordMs,
    readReason: texts.map,
    ...parts.recorder,
  });
}

function run(
  { sandbox, languages, events, stages }: Parts,
  invocation: Invocation,
  artifact: Artifact,
  recorder: Recorder,
  egress: EgressRun,
): Promise<Completion> {
  const { tenant, cordon, conversation, contextJson, limits, now, seed, signal } = invocation;
  const language = languages.byId(artifact.language);
  return sandbox.run({
    tenant,
    cordon,
    // A caller is on the line.
    urgent: conversation?.channel === "phone",
    image: languages.imageOf(language),
    script: { code: artifact.script, hash: artifact.hash, origin: artifact },
    entryPoints: language.entryPoints,
    input: contextJson,
    preludeData: { [HAND_OFF_PRELUDE]: handOffPreludeData(recorder), [FETCH_PRELUDE]: egress.preludeData },
    hostFunctions: events.watched(invocation, { ...actionFunctions({ recorder }), ...egress.functions }),
    limits,
    clock: { ...(now === undefined ? {} : { now }), ...(seed === undefined ? {} : { seed }) },
    ...(signal ? { signal } : {}),
    stages,
  });
}

/** Another run may have handed the conversation off meanwhile; a store that does not say leaves it unknown. */
function lookAgain(
  parts: Parts,
  { tenant, executionId, conversation }: Invocation,
  { effective, alreadyHandedOffBy }: Recorded,
  before: Standing,
): MaybePromise<Standing | "unknown" | null> {
  if (conversation === null || before.handedOff || effective !== null || alreadyHandedOffBy) return null;
  return unlessFailed(
    () => parts.handoffs.standing({ tenant, conversationId: conversation.id }),
    (error) => {
      reportStore(parts, { tenant, executionId, step: "standing" }, error);
      return "unknown" as const;
    },
  );
}

function reportStore({ log, events }: Parts, at: Parameters<ExecutionEvents["storeFailed"]>[0], error: unknown): void {
  log.storeFailed(at, error);
  events.storeFailed(at, error);
}

/** An outcome of the past, with where the conversation stands now. */
async function replay(parts: Parts, invocation: Invocation, outcome: Outcome): Promise<Outcome> {
  const nothing: Recorded = { intents: [], effective: null, overflowed: false, skipped: false };
  const now = await lookAgain(parts, invocation, nothing, { epoch: 0, handedOff: false });
  return now === null ? outcome : settleReplay(outcome, now);
}

function end(parts: Parts, { tenant, executionId }: Invocation, outcome: Outcome): MaybePromise<void> {
  const { handoffs, log, events } = parts;
  log.settled({ tenant, executionId }, outcome);
  events.settled({ tenant, executionId }, outcome);
  // An end that was no doing of the action frees its id, as if it had never been asked for.
  const isFree = outcome.status === "invalid" && outcome.error?.retry === "safe";
  const kept = isFree ? refusedOutcome(executionId) : outcome;
  return unlessFailed(
    () => handoffs.end(tenant, executionId, kept),
    (error) => reportStore(parts, { tenant, executionId, step: "end" }, error),
  );
}

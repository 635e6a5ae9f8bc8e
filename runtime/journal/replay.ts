/**
 * Plays a recording again through the same story as any run, with parts that answer from it: the same turns in a worker, the same rules, the same
 * settling. Against changed code it answers what it can and says what would have been otherwise.
 */
import { createHash } from "node:crypto";
import { FETCH_PRELUDE, createEgress, NO_REDACTION } from "../../host-api/fetch/index.ts";
import { HostFault } from "../../base/fault.ts";
import type { Artifact, NotCompiled } from "../../languages/action.ts";
import type { Completion, JournalRequest, RunRequest, Sandbox } from "../../sandbox/index.ts";
import { notCompiledOutcome, perform } from "../execute.ts";
import { createExecutionEvents } from "../events.ts";
import type { Handoffs } from "../handoffs/handoffs.ts";
import { conversationOf, type Invocation } from "../invocation.ts";
import type { Outcome } from "../outcome.ts";
import type { Parts } from "../parts.ts";
import { artifactOf } from "./artifact.ts";
import { type Difference, type Measure, compareOutcomes } from "./compare.ts";
import { recordedFetches } from "./fetch-matches.ts";
import type { Recording } from "./recording.ts";
import { type Divergence, SCRIPT_RECORD_MS, Script } from "./script.ts";

/** What a replay came to. */
export interface Replayed {
  /** `exact`: the very same run. `decisions`: of a recording from which something was taken out. `changed`: of other code than was recorded. */
  readonly mode: "exact" | "decisions" | "changed";
  readonly equal: boolean;
  readonly recording: Recording;
  readonly outcome: Outcome;
  /** The first call to the host that was another one; null where there is none, or where other code was to make others. */
  readonly divergence: Divergence | null;
  readonly differences: readonly Difference[];
  /** Requests of changed code that the recording has no answer to. */
  readonly unanswered: readonly string[];
}

/** A slower machine has to come to the same end; but a replay waits for nothing, so one that takes longer than this computes without end. */
const PATIENCE = 4;
const MAX_MS = 10 * 60 * 1_000;

/** `given` is what the action compiles to now; without it the recording's own artifact is played. */
export async function replay(parts: Parts, recording: Recording, given?: Artifact | NotCompiled): Promise<Replayed> {
  const artifact = given ?? artifactOf(recording, parts.languages) ?? lacking("it has no source, and no action was named");
  const isSameCode = given === undefined || given.hash === recording.action.hash;
  const mode = !isSameCode ? "changed" : recording.redacted === null ? "exact" : "decisions";
  if (mode === "exact" && recording.incomplete !== null) lacking(recording.incomplete);
  const stopping = new AbortController();
  const stopped = { divergence: null as Divergence | null, waits: false };
  const script = new Script(recording, mode === "exact", (divergence) => {
    stopped.divergence ??= divergence;
    stopped.waits ||= divergence === null;
    stopping.abort();
  });
  const invocation = invocationOf(recording, stopping.signal);
  const before = recording.host.before;
  const cut = mode === "exact" ? cutAfterItsCalls(recording, script, stopping) : null;
  const outcome = artifact.ok
    ? await perform(playedParts(parts, recording, script, mode), invocation, artifact, before)
    : notCompiledOutcome(recording.executionId, artifact, before);
  clearTimeout(cut?.timer);
  const divergence = mode === "exact" ? (stopped.divergence ?? script.missed) : null;
  const differences = [
    ...compareOutcomes(recording.outcome, outcome, measureOf(mode, recording)),
    ...(mode === "changed" && artifact.ok ? compareRequests(recording, script.sent) : []),
  ];
  const { unanswered } = script;
  const equal = divergence === null && differences.length === 0 && unanswered.length === 0;
  return { mode, equal, recording, outcome, divergence, differences, unanswered };
} // prettier-ignore

function lacking(sentence: string): never {
  throw new HostFault(
    "RECORDING_INCOMPLETE",
    `The recording cannot be replayed: ${sentence} (docs/replay.md).`,
    "never",
  );
}

const LIMIT_ENDS: ReadonlySet<string> = new Set(["timed_out", "out_of_memory", "crashed", "cancelled"]);

function measureOf(mode: Replayed["mode"], { outcome }: Recording): Measure {
  if (mode === "changed") return "effects";
  if (mode === "decisions") return "decisions";
  return LIMIT_ENDS.has(outcome.status) ? "limit" : "all";
}

function compareRequests({ calls }: Recording, sent: readonly string[]): Difference[] {
  const recorded = recordedFetches(calls).map(({ method, url }) => `${method} ${url}`);
  if (JSON.stringify(recorded) === JSON.stringify(sent)) return [];
  return [{ path: "requests", recorded, replayed: [...sent] }];
}

function invocationOf(recording: Recording, signal: AbortSignal): Invocation {
  const { context, environment, tenant, executionId, limits, clock } = recording;
  return {
    action: { hash: recording.action.hash },
    contextJson: JSON.stringify(context),
    sortedContextJson: null,
    conversation: conversationOf(context),
    environment,
    tenant,
    // No live run shares a process with what comes out of a file.
    cordon: `replay of ${tenant}`,
    executionId,
    generatedId: true,
    limits,
    secrets: {},
    now: clock.now,
    seed: clock.seed,
    signal,
  };
}

function playedParts(parts: Parts, recording: Recording, script: Script, mode: Replayed["mode"]): Parts {
  const { recordings, ...rest } = parts;
  void recordings;
  const isOverdue = recording.host.receipts.some(({ verdict, late }) => verdict === null || late === true);
  return {
    ...rest,
    // Nothing listens to them.
    events: createExecutionEvents(),
    handoffs: playedHandoffs(recording, script),
    egress: playedEgress(recording),
    sandbox: playedSandbox(parts.sandbox, recording, script, mode),
    recorder: {
      nextIntentId: () => script.nextIntentId(),
      ...(isOverdue && { recordMs: SCRIPT_RECORD_MS }),
    },
  };
}

function playedHandoffs({ host }: Recording, script: Script): Handoffs {
  const { before, after, fired } = host;
  return {
    begin: () => Promise.resolve(before),
    record: (request) => script.record(request),
    fire: () => Promise.resolve(fired ?? "accepted"),
    standing: () =>
      after === "unknown" ? Promise.reject(new Error("the recorded store failed")) : Promise.resolve(after ?? before),
    end: () => Promise.resolve(),
  };
}

/** The same functions with the same budgets; every one of them is answered by the script. */
function playedEgress({ preludes }: Recording): Parts["egress"] {
  const egress = createEgress(undefined);
  return {
    ...egress,
    async open(tenant, run) {
      const { functions, preludeData, release } = await egress.open(tenant, run);
      const data = (preludes[FETCH_PRELUDE] ?? preludeData) as typeof preludeData;
      return { functions, preludeData: data, redactor: NO_REDACTION, release };
    },
  };
}

function playedSandbox(sandbox: Sandbox, recording: Recording, script: Script, mode: Replayed["mode"]): Sandbox {
  const { outcome, limits } = recording;
  const isLimit = LIMIT_ENDS.has(outcome.status) && !(mode === "exact" && isCutAfterItsCalls(recording));
  const patient = (ms: number): number => Math.min(MAX_MS, isLimit ? ms : ms * PATIENCE);
  return {
    walls: sandbox.walls,
    events: sandbox.events,
    close: () => Promise.resolve(),
    async run(request: RunRequest): Promise<Completion> {
      const completion = await sandbox.run({
        ...request,
        script: byContent(request.script),
        hostFunctions: script.functions(request.hostFunctions),
        limits: { ...request.limits, wallMs: patient(limits.wallMs), cpuMs: patient(cpuOf(recording, mode)) },
        journal: journalOf(recording, mode),
      });
      return asRecorded(completion, outcome, mode !== "changed");
    },
  };
}

/** A worker keeps scripts by their hash, and a recording may name any: what it carries goes by what it is. */
function byContent({ code, ...rest }: RunRequest["script"]): RunRequest["script"] {
  return { ...rest, code, hash: `replayed ${createHash("sha256").update(code).digest("hex")}` };
}

function journalOf({ turns, replies, clock, recordedAt }: Recording, mode: Replayed["mode"]): JournalRequest {
  return {
    mode: "replay",
    entropy: clock.entropy,
    seed: clock.random,
    startAt: turns?.[0]?.at ?? Date.parse(clock.now ?? recordedAt),
    turns: mode === "exact" ? turns : null,
    replies,
  };
}

const MIN_MS = 50;

/** A run that would have gone on, for how long no recording says; where it made no call, its limit says it as well as anything. */
function isCutAfterItsCalls({ outcome: { status }, calls }: Recording): boolean {
  return status === "cancelled" || (status === "timed_out" && calls.length > 0);
}

/**
 * Ends the replay of such a run some time after it has made every recorded call, for there is no more to compare: it computes on, or waits for what
 * never came. Its limits cannot do it, for on a busy machine they may cut it off before its last call. Gives the timer, once there is one.
 */
function cutAfterItsCalls(recording: Recording, script: Script, stopping: AbortController) {
  const cut: { timer?: NodeJS.Timeout } = {};
  if (!isCutAfterItsCalls(recording)) return cut;
  const ms = recording.outcome.status === "timed_out" ? recording.limits.cpuMs : MIN_MS;
  script.onSpent(() => (cut.timer = setTimeout(() => stopping.abort(), ms)));
  return cut;
}

/** Of a run that was cancelled and whose calls are not counted: it computes for longer than it did, and not until its limit. */
function cpuOf({ outcome: { status, usage }, limits }: Recording, mode: Replayed["mode"]): number {
  if (status !== "cancelled" || mode === "exact") return limits.cpuMs;
  // A process that was killed may not have been asked what it used.
  const used = Math.max(...[usage.cpuMs, usage.wallMs].map((ms: unknown) => (typeof ms === "number" ? ms : 0)));
  return Math.min(limits.cpuMs, Math.ceil(used * PATIENCE) + MIN_MS);
}

/**
 * An end that came from outside does not come again: a run that waits in vain, or was stopped where the recorded one stood, has come to it. So has one
 * of the same code that was cut off while it computed, however far it gets in the turn in which that happened.
 */
function asRecorded(completion: Completion, recorded: Outcome, isSameCode: boolean): Completion {
  const { end } = completion;
  const isStopped = end.type === "cancelled";
  if (isSameCode && recorded.status === "cancelled") return { ...completion, end: { type: "cancelled" } };
  if (isSameCode && recorded.status === "timed_out" && GOES_ON.has(end.type)) {
    const cut = end.type === "timed_out" ? end : { stack: null, waiting: false };
    const limit = recorded.error.code === "CPU_LIMIT" ? "cpu" : "wall";
    return { ...completion, end: { type: "timed_out", limit, stack: cut.stack, waiting: cut.waiting } };
  }
  if (!isStopped && !(end.type === "timed_out" && end.waiting)) return completion;
  const outside = endOf(recorded, isStopped);
  return outside === null ? completion : { ...completion, end: outside };
}

/** How a run may end that gets further in its last turn than the recorded one; one that returns has ended otherwise. */
const GOES_ON: ReadonlySet<Completion["end"]["type"]> = new Set(["timed_out", "out_of_memory", "crashed", "threw"]);

function endOf({ status, error }: Outcome, isStopped: boolean): Completion["end"] | null {
  if (status === "cancelled") return { type: "cancelled" };
  if (status === "crashed" && (isStopped || error.code === "WORKER_LOST"))
    return { type: "crashed", ownFault: error.code !== "WORKER_LOST", reason: "as it was recorded" };
  if (!isStopped) return null;
  if (status === "out_of_memory") return { type: "out_of_memory", stack: null };
  if (status !== "timed_out") return null;
  return { type: "timed_out", limit: error.code === "CPU_LIMIT" ? "cpu" : "wall", stack: null, waiting: false };
}

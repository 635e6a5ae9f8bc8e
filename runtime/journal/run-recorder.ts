/**
 * The recorder of one run: it listens where the run meets the rest of the house (the sandbox, what it may ask, the keeper of hand-offs), changes nothing,
 * and makes a recording of what passed. What needs work, JSON text and redaction, waits until the outcome is settled.
 */
import { randomBytes } from "node:crypto";
import { NO_REDACTION, createRedactor } from "../../host-api/fetch/index.ts";
import type { Artifact } from "../../languages/action.ts";
import { parseJson } from "../../base/large-json/read.ts";
import { createSlices, type Slices } from "../../base/slices.ts";
import { readWorkerJournal } from "../../sandbox/index.ts";
import type { Json, Journal, MadeCall, RunRequest, WorkerJournal } from "../../sandbox/index.ts";
import { type MaybePromise, isPromise } from "../../base/promises.ts";
import type { Parts } from "../parts.ts";
import type { FireResult, RecordReceipt, Standing } from "../handoffs/handoffs.ts";
import type { Invocation } from "../invocation.ts";
import type { Outcome } from "../outcome.ts";
import {
  type Recording,
  type RecordedCall,
  type RecordedReceipt,
  RECORDING_VERSION,
  toRecordedBytes,
} from "./recording.ts";
import { redactRecording } from "./redact.ts";

/** When the keeper's answer comes later than this, the action was answered that it is unknown. */
const RECORD_MS = 2_000;

export interface RunRecorderOptions {
  readonly invocation: Invocation;
  readonly artifact: Artifact;
  readonly before: Standing;
  readonly withSource: boolean;
  readonly redact: readonly string[];
  readonly batonVersion: string;
}

export class RunRecorder {
  readonly #options: RunRecorderOptions;
  readonly #recordedAt = new Date();
  readonly #entropy = randomBytes(48).toString("hex");
  readonly #receipts: RecordedReceipt[] = [];
  #preludes: RunRequest["preludeData"] = {};
  #journal: Journal | undefined;
  #fired: FireResult | null = null;
  #after: Standing | "unknown" | null = null;

  constructor(options: RunRecorderOptions) {
    this.#options = options;
  }

  /** The same parts, listened to. */
  listen(parts: Parts): Parts {
    const { handoffs, sandbox } = parts;
    return {
      ...parts,
      handoffs: {
        ...(handoffs.recordMs !== undefined && { recordMs: handoffs.recordMs }),
        ...(handoffs.fireMs !== undefined && { fireMs: handoffs.fireMs }),
        begin: (run) => handoffs.begin(run),
        end: (...ended) => handoffs.end(...ended),
        record: (request) =>
          this.#noteReceipt(request.intentId, handoffs.record(request), handoffs.recordMs ?? RECORD_MS),
        fire: async (...dialled) => {
          this.#fired = "unknown";
          return (this.#fired = await handoffs.fire(...dialled));
        },
        standing: async (conversation) => {
          this.#after = "unknown";
          return (this.#after = await handoffs.standing(conversation));
        },
      },
      sandbox: {
        walls: sandbox.walls,
        events: sandbox.events,
        close: (drainMs) => sandbox.close(drainMs),
        run: async (request) => {
          this.#preludes = request.preludeData;
          const [entropy, seed] = [this.#entropy.slice(0, 64), this.#entropy.slice(64)];
          const completion = await sandbox.run({ ...request, journal: { mode: "record", entropy, seed } });
          this.#journal = completion.journal;
          return completion;
        },
      },
    };
  }

  /** Answers as the keeper does: at once, where it has the answer at once. */
  #noteReceipt(intentId: string, answer: MaybePromise<RecordReceipt>, recordMs: number): MaybePromise<RecordReceipt> {
    const place = this.#receipts.push({ intentId, verdict: null }) - 1;
    const asked = performance.now();
    const note = (part: Partial<RecordedReceipt>): void => {
      const late = performance.now() - asked > recordMs ? { late: true } : {};
      this.#receipts[place] = { intentId, verdict: null, ...part, ...late };
    };
    const noteAnswer = (receipt: RecordReceipt): RecordReceipt => {
      const { verdict, kind, message } = receipt;
      note({
        intentId: receipt.intentId,
        verdict,
        ...(kind && { kind }),
        ...(message !== undefined && { message }),
      });
      return receipt;
    };
    if (!isPromise(answer)) return noteAnswer(answer);
    return answer.then(noteAnswer, (error: unknown) => {
      note({ verdict: "failed" });
      throw error;
    });
  }

  /** About what it holds in memory. */
  get bytes(): number {
    return this.#journal?.bytes ?? 0;
  }

  /** What was heard, without the value of any secret. Made in slices: an action decides how much there is. */
  async recording(outcome: Outcome): Promise<Recording> {
    const slices = createSlices();
    const { invocation, artifact, before, withSource, redact } = this.#options;
    const { tenant, environment, limits, now, seed, secrets } = invocation;
    const worker = await this.#workerHalf(slices);
    const calls: RecordedCall[] = [];
    for (const call of inOrder(this.#journal?.calls ?? [], worker?.calls ?? null)) {
      calls.push(await callOf(call, slices));
      await slices.pause();
    }
    const { hash, language, filename } = artifact;
    const recording: Recording = {
      recording: RECORDING_VERSION,
      recordedAt: this.#recordedAt.toISOString(),
      versions: { baton: this.#options.batonVersion, node: process.versions.node, v8: process.versions.v8 },
      executionId: invocation.executionId,
      tenant,
      action: { hash, language, filename, ...(withSource && { artifact: sourceOf(artifact) }) },
      context: (await parseJson(invocation.contextJson, slices)) as Record<string, Json>,
      environment,
      limits,
      clock: {
        ...(now === undefined ? {} : { now }),
        ...(seed === undefined ? {} : { seed }),
        entropy: this.#entropy.slice(0, 64),
        random: this.#entropy.slice(64),
      },
      preludes: { ...this.#preludes },
      host: {
        before: standingOf(before),
        receipts: [...this.#receipts],
        fired: this.#fired,
        after: this.#after === null || this.#after === "unknown" ? this.#after : standingOf(this.#after),
      },
      turns: worker === null ? null : [...worker.turns],
      replies: worker === null ? [] : [...worker.replies],
      calls,
      outcome,
      redacted: null,
      incomplete: worker?.lost ?? this.#journal?.lost ?? null,
    };
    const redactor = Object.keys(secrets).length === 0 ? NO_REDACTION : createRedactor(secrets);
    return redactRecording(recording, redact, redactor, slices);
  }

  async #workerHalf(slices: Slices): Promise<WorkerJournal | null> {
    const written = this.#journal?.worker ?? null;
    if (written === null) return null;
    const nothing = { turns: [], calls: [], replies: [] };
    return readWorkerJournal(written, () => slices.pause()).catch(() => ({
      ...nothing,
      lost: "its worker wrote no journal",
    }));
  }
}

function sourceOf({ script, map, inputs, positions }: Artifact): Recording["action"]["artifact"] {
  const entry = positions?.entry;
  return { script, map, inputs: [...inputs], ...(entry === undefined ? {} : { entry }) };
}

function standingOf({ epoch, handedOff, kind }: Standing): Recording["host"]["before"] {
  return { epoch, handedOff, ...(kind && { kind }) };
}

/** In the guest's own order: calls that it made on two channels may reach the host the other way round. */
function inOrder(calls: readonly MadeCall[], names: readonly string[] | null): readonly MadeCall[] {
  if (names === null || names.length !== calls.length) return calls;
  const left = Map.groupBy(calls, ({ name }) => name);
  const ordered = names.map((name) => left.get(name)?.shift());
  return ordered.every((call) => call !== undefined) ? ordered : calls;
}

const plain = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

async function callOf({ name, args, bytes, answer, answerBytes, ms }: MadeCall, slices: Slices): Promise<RecordedCall> {
  return {
    name,
    args: await parseJson(args, slices),
    ...(bytes && { bytes: toRecordedBytes(bytes) }),
    // As JSON carries it: a member that is undefined is none.
    ...(answer && { answer: answer.ok ? { value: plain(answer.value) } : { error: answer.error } }),
    ...(answerBytes && { answerBytes: toRecordedBytes(answerBytes) }),
    ...(ms !== undefined && { ms }),
  };
}

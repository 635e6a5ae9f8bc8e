/**
 * The script of a replay: what answers a replayed run in the place of the world: the keeper of hand-offs and the sandbox's host functions, by what was
 * recorded. Nothing is sent, dialled or recorded. It notes the first call that is not the recorded one.
 */
import { isDeepStrictEqual } from "node:util";
import { HostCallError } from "../../sandbox/index.ts";
import type { HostAnswer, HostCall, HostFunction, HostFunctions, Json } from "../../sandbox/index.ts";
import type { RecordReceipt, RecordRequest } from "../handoffs/handoffs.ts";
import type { RecordedCall, RecordedReceipt, Recording } from "./recording.ts";
import { toRecordedBytes } from "./recording.ts";
import { answerOf } from "./answers.ts";
import { FetchMatches } from "./fetch-matches.ts";

/** A call as a comparison shows it. */
export interface ShownCall {
  readonly name: string;
  readonly args: Json;
  readonly bytes?: RecordedCall["bytes"];
  /** The answer, where that is what differs. */
  readonly answer?: RecordedCall["answer"];
}

export interface Divergence {
  /** Its place among the recorded calls, from 0. */
  readonly call: number;
  /** Null where the recorded run made no such call, or the replayed one. */
  readonly recorded: ShownCall | null;
  readonly replayed: ShownCall | null;
}

/** Longer than any answer of a script takes, for those that were overdue. */
export const SCRIPT_RECORD_MS = 50;
const OVERDUE_MS = 2 * SCRIPT_RECORD_MS;

export class Script {
  readonly #recording: Recording;
  readonly #isExact: boolean;
  readonly #stop: (divergence: Divergence | null) => void;
  readonly #places: Map<string, number[]>;
  readonly #used = new Set<number>();
  readonly #fetches: FetchMatches;
  #onSpent: (() => void) | undefined;
  #receipt = 0;
  #id = 0;

  /** `stop` ends the run: it has left what was recorded, or waits for what never came. */
  constructor(recording: Recording, isExact: boolean, stop: (divergence: Divergence | null) => void) {
    this.#recording = recording;
    this.#isExact = isExact;
    this.#stop = stop;
    const { calls } = recording;
    this.#places = Map.groupBy(calls.keys(), (index) => calls[index]!.name);
    this.#fetches = new FetchMatches(calls, recording.redacted !== null);
  }

  /** Requests that the recording has no answer to. */
  get unanswered(): readonly string[] {
    return this.#fetches.unanswered;
  }

  /** What the run sent, as `GET https://…`. */
  get sent(): readonly string[] {
    return this.#fetches.sent;
  }

  /** The first recorded call that was not made. */
  get missed(): Divergence | null {
    const { calls } = this.#recording;
    const call = calls.findIndex((_, index) => !this.#used.has(index));
    return call === -1 ? null : { call, recorded: shown(calls[call]!), replayed: null };
  }

  /** Calls `then` once every recorded call has been made: at once where there was none. */
  onSpent(then: () => void): void {
    this.#onSpent = then;
    if (this.#recording.calls.length === 0) then();
  }

  functions(real: HostFunctions): HostFunctions {
    return Object.fromEntries(Object.entries(real).map(([name, own]) => [name, this.#played(name, own)]));
  }

  #played(name: string, real: HostFunction): HostFunction {
    const isHandOff = !name.startsWith("fetch.");
    const handle = (call: HostCall): HostAnswer | Promise<HostAnswer> => {
      if (!this.#isExact) return isHandOff ? real.handle(call) : this.#fetches.answer(name, call);
      return this.#exactly(name, call, isHandOff ? real : null, real.mode);
    };
    return { mode: real.mode, ...(real.budget === undefined ? {} : { budget: real.budget }), handle };
  }

  async #exactly(
    name: string,
    call: HostCall,
    rules: HostFunction | null,
    mode: "sync" | "async",
  ): Promise<HostAnswer> {
    const { calls } = this.#recording;
    const place = this.#places.get(name)?.shift();
    const recorded = place === undefined ? undefined : calls[place];
    const made = madeOf(name, call);
    // Its worker took along how far it had come: what it does beyond that, it may have done.
    if (recorded === undefined && this.#recording.turns === null) return this.#neverAnswered(call, "sync");
    if (place === undefined || recorded === undefined || !isSame(shown(recorded), made)) {
      return this.#leave({
        call: place ?? calls.length,
        recorded: recorded === undefined ? null : shown(recorded),
        replayed: made,
      });
    }
    this.#used.add(place);
    if (this.#used.size === calls.length) this.#onSpent?.();
    if (recorded.answer === undefined) return this.#neverAnswered(call, mode);
    if (rules !== null) {
      const answer = { value: (await rules.handle(call)).value };
      if (isSame(answer, recorded.answer)) return answer;
      const both = { name, args: recorded.args };
      return this.#leave({
        call: place,
        recorded: { ...both, answer: recorded.answer },
        replayed: { ...both, answer },
      });
    }
    return answerOf(recorded);
  }

  #leave(divergence: Divergence): never {
    this.#stop(divergence);
    throw new HostCallError("HOST_FUNCTION_FAILED", "the replay left its recording");
  }

  /** The recorded run ended before the answer. One that stands still waiting for it is ended as well. */
  #neverAnswered({ signal }: HostCall, mode: "sync" | "async"): Promise<never> {
    if (mode === "sync") this.#stop(null);
    const { promise, reject } = Promise.withResolvers<never>();
    const end = (): void => reject(new HostCallError("HOST_FUNCTION_FAILED", "the run has ended"));
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    return promise;
  }

  /** The keeper of hand-offs: it gives the receipts that it gave. */
  record(request: RecordRequest): Promise<RecordReceipt> {
    const receipt = this.#recording.host.receipts[this.#receipt++];
    if (receipt === undefined) return Promise.resolve({ intentId: request.intentId, verdict: "recorded" });
    if (receipt.verdict === null) return new Promise(() => {});
    if (receipt.late !== true) return given(receipt);
    return new Promise((resolve, reject) => {
      setTimeout(() => given(receipt).then(resolve, reject), OVERDUE_MS);
    });
  }

  nextIntentId(): string {
    const place = this.#id++;
    return this.#recording.host.receipts[place]?.intentId ?? `replayed-${place + 1}`;
  }
}

async function given({ intentId, verdict, kind, message }: RecordedReceipt): Promise<RecordReceipt> {
  if (verdict === "failed" || verdict === null) throw new Error("the recorded store failed");
  return { intentId, verdict, ...(kind && { kind }), ...(message !== undefined && { message }) };
}

function madeOf(name: string, { args, bytes }: HostCall): ShownCall {
  return { name, args: args as Json, ...(bytes && { bytes: toRecordedBytes(bytes) }) };
}

function shown({ name, args, bytes }: RecordedCall): ShownCall {
  return { name, args, ...(bytes && { bytes }) };
}

/** As JSON: in the order of their keys they may differ. */
function isSame(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(left)), JSON.parse(JSON.stringify(right)));
}

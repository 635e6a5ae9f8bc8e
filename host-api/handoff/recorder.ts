/**
 * The hand-offs of one run: every call's intent in order, the one that took effect, and whether the conversation counts as handed off by now.
 * It lives beside the run, not in it, so what it holds survives however the run ends.
 * Calls are answered one after another, even if a worker that cannot be trusted sends them at once.
 */
import { randomUUID } from "node:crypto";
import { type MaybePromise, following, isPromise } from "../../base/promises.ts";
import { OVERDUE, within } from "../../base/time.ts";
import { codePoints, REASON_CODE_POINTS } from "./call.ts";
import type { HandOffCall, HandOffMessage } from "./call.ts";
import { answerOf, answerPastLimit, conclude, decide } from "./handoff.ts";
import type { Facts, HandOffReason, Receipt, RecordDecision } from "./handoff.ts";
import type { Environment, HandoffAnswer, Intent, IntentKind } from "./intent.ts";
import type { HandoffKeeper, LiveCall } from "./keeper.ts";
import { message } from "./message.ts";

export interface RecorderRun {
  readonly tenant: string;
  readonly executionId: string;
  readonly conversationId: string | null;
  readonly channel: string | null;
  readonly environment: Environment;
  readonly epoch: number;
  /** Whether the conversation was handed off before this run. */
  readonly handedOff: boolean;
  readonly call: LiveCall | null;
}

export interface RecorderOptions {
  readonly run: RecorderRun;
  readonly handoffs: HandoffKeeper;
  readonly handOffCalls: number;
  /** Milliseconds that one record may take before its answer counts as unknown. */
  readonly recordMs?: number | undefined;
  /** Names the next attempt. Default: a random UUID. */
  readonly nextIntentId?: (() => string) | undefined;
  /** Gives a reason in the words of its author, where it holds what only the sandbox means something by. */
  readonly readReason?: (reason: string, wasCut: boolean) => string | Promise<string>;
}

/** The final facts of a run. */
export interface Recorded {
  readonly intents: readonly Intent[];
  /** The hand-off that this run brought about, or may have. */
  readonly effective: null | EffectiveHandoff;
  /** How a concurrent run handed the conversation off, if one came first. */
  readonly alreadyHandedOffBy?: IntentKind;
  /** Whether calls were made past `handOffCalls`. */
  readonly overflowed: boolean;
  /** Whether a hand-off was skipped for the test or mock environment. */
  readonly skipped: boolean;
}

export interface EffectiveHandoff {
  readonly kind: IntentKind;
  readonly intentId: string;
  readonly reason: string | null;
  readonly phoneDestination: string | null;
  readonly state: "recorded" | "unknown";
}

const DEFAULT_RECORD_MS = 2_000;
const FAILED: Receipt = { verdict: "failed" };

/** A call that would be recorded, and the place of its intent. */
interface Attempt {
  readonly decision: RecordDecision;
  readonly index: number;
}

export class Recorder {
  readonly handOffCalls: number;
  readonly #run: RecorderRun;
  readonly #handoffs: HandoffKeeper;
  readonly #recordMs: number;
  readonly #nextIntentId: () => string;
  readonly #readReason: (reason: string, wasCut: boolean) => string | Promise<string>;
  readonly #intents: Intent[] = [];
  #calls = 0;
  #overflowed = false;
  #skipped = false;
  #effective: EffectiveHandoff | null = null;
  #alreadyHandedOffBy: IntentKind | undefined;
  /** The attempt whose answer is overdue. */
  #overdue: Attempt | null = null;
  /** The first call that was answered "already handed off" on the strength of an overdue attempt alone. */
  #standIn: Attempt | null = null;
  #phase: "open" | "closing" | "closed" = "open";
  #tail: Promise<unknown> = Promise.resolve();
  /** Calls and late answers that the tail stands for. */
  #underWay = 0;

  constructor(options: RecorderOptions) {
    this.handOffCalls = options.handOffCalls;
    this.#run = options.run;
    this.#handoffs = options.handoffs;
    this.#recordMs = options.recordMs ?? DEFAULT_RECORD_MS;
    this.#nextIntentId = options.nextIntentId ?? randomUUID;
    this.#readReason = options.readReason ?? ((reason) => reason);
  }

  /** Answers one call, at once where the keeper does; never rejects. */
  handOff(call: HandOffMessage): MaybePromise<HandoffAnswer> {
    if (this.#phase !== "open") return { success: false, message: message.ended };
    if (this.#underWay > 0) return this.#inTurn(() => this.#take(call));
    const answer = this.#take(call);
    return isPromise(answer) ? this.#inTurn(() => answer) : answer;
  }

  #take(call: HandOffMessage): MaybePromise<HandoffAnswer> {
    return following(this.#read(call), (read) => this.#answer(read));
  }

  /** Takes no further calls, waits until every record is answered or overdue, and gives what this run came to. */
  settle(): MaybePromise<Recorded> {
    if (this.#phase === "open") this.#phase = "closing";
    return this.#underWay === 0 && this.#overdue === null ? this.#close() : this.#settleLater();
  }

  async #settleLater(): Promise<Recorded> {
    await this.#tail;
    if (this.#overdue !== null) {
      // An answer that is already here still counts; the outcome waits no longer for one that is not.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#tail;
    }
    return this.#close();
  }

  #close(): Recorded {
    this.#phase = "closed";
    return {
      intents: [...this.#intents],
      effective: this.#effective,
      ...(this.#alreadyHandedOffBy === undefined ? {} : { alreadyHandedOffBy: this.#alreadyHandedOffBy }),
      overflowed: this.#overflowed,
      skipped: this.#skipped,
    };
  }

  /** The reason as the author would write it. */
  #read(call: HandOffMessage): MaybePromise<HandOffMessage> {
    if (call.overflow || call.reason.type !== "string") return call;
    const given = call.reason.text;
    // A text of so many units has no more code points.
    const wasCut = given.length > REASON_CODE_POINTS && codePoints(given) > REASON_CODE_POINTS;
    return following(this.#readReason(given, wasCut), (text) => {
      // What was longer than crosses counts as cut, however short the rest has become.
      const reason: HandOffReason = { type: "string", text, wasCut };
      return text === given ? call : { ...call, reason };
    });
  }

  #inTurn<T>(task: () => MaybePromise<T>): Promise<T> {
    this.#underWay++;
    const done = this.#tail.then(task).finally(() => this.#underWay--);
    this.#tail = done;
    return done;
  }

  get #handedOff(): boolean {
    return this.#run.handedOff || this.#skipped || this.#effective !== null || this.#alreadyHandedOffBy !== undefined;
  }

  #answer(call: HandOffMessage): MaybePromise<HandoffAnswer> {
    this.#calls += 1;
    if (call.overflow || this.#calls > this.handOffCalls) {
      this.#overflowed = true;
      // What is promised on the strength of an overdue attempt is kept by making that attempt again, should it have come to nothing.
      if (this.#handedOff) this.#standIn ??= this.#overdue;
      return answerPastLimit(this.#handedOff);
    }
    const facts: Facts = { ...this.#run, handedOff: this.#handedOff };
    const decision = decide(call, facts);
    const index = this.#intents.length;
    switch (decision.type) {
      case "answer":
        this.#rememberStandIn(call, facts, index);
        return this.#keep(decision.intent);
      case "skip":
        this.#skipped = true;
        return this.#keep(decision.intent);
      case "record":
        return following(this.#record({ decision, index }), (receipt) => this.#keep(conclude(decision, receipt)));
    }
  }

  #keep(intent: Intent): HandoffAnswer {
    this.#intents.push(intent);
    return answerOf(intent);
  }

  #record(attempt: Attempt): MaybePromise<Receipt> {
    const intentId = this.#nextIntentId();
    const answer = this.#ask(attempt.decision, intentId);
    return isPromise(answer) ? this.#recordLater(attempt, intentId, answer) : this.#takeIn(attempt, answer);
  }

  async #recordLater(attempt: Attempt, intentId: string, answer: Promise<Receipt>): Promise<Receipt> {
    const receipt = await within(this.#recordMs, () => answer);
    if (receipt !== OVERDUE) return this.#takeIn(attempt, receipt);
    this.#overdue = attempt;
    void answer.then((late) => {
      if (this.#phase === "closed") return undefined;
      return this.#inTurn(() => this.#clear(attempt, late));
    });
    return this.#takeIn(attempt, { verdict: "unknown", intentId });
  }

  #ask(decision: RecordDecision, intentId: string): MaybePromise<Receipt> {
    const { tenant, executionId, epoch, call } = this.#run;
    const { conversationId, kind, reason, phoneDestination } = decision;
    try {
      const answer = this.#handoffs.record({
        intentId,
        tenant,
        executionId,
        conversationId,
        epoch,
        kind,
        reason,
        phoneDestination,
        call,
      });
      return isPromise(answer) ? answer.catch(() => FAILED) : answer;
    } catch {
      return FAILED;
    }
  }

  #takeIn({ decision }: Attempt, receipt: Receipt): Receipt {
    const { kind, reason, phoneDestination } = decision;
    switch (receipt.verdict) {
      case "recorded":
      case "unknown":
        this.#effective = { kind, intentId: receipt.intentId, reason, phoneDestination, state: receipt.verdict };
        break;
      case "already_handed_off":
        this.#effective = null;
        this.#alreadyHandedOffBy = receipt.kind ?? "handoff";
        break;
      case "rejected":
      case "failed":
        this.#effective = null;
        break;
    }
    return receipt;
  }

  /** An overdue answer came after all. */
  async #clear(attempt: Attempt, late: Receipt): Promise<void> {
    this.#overdue = null;
    this.#amend(attempt, this.#takeIn(attempt, late));
    const standIn = this.#standIn;
    this.#standIn = null;
    // Nothing was recorded, but a later call was promised that the conversation is handed off: that promise is kept now.
    if (!this.#handedOff && standIn !== null) this.#amend(standIn, await this.#record(standIn));
  }

  /** The verdict becomes the truth; the message stays the one that the action was given. */
  #amend({ decision, index }: Attempt, receipt: Receipt): void {
    const given = this.#intents[index];
    if (given !== undefined) this.#intents[index] = { ...conclude(decision, receipt), message: given.message };
  }

  #rememberStandIn(call: HandOffCall, facts: Facts, index: number): void {
    if (this.#overdue === null || this.#standIn !== null) return;
    const decision = decide(call, { ...facts, handedOff: false });
    if (decision.type === "record") this.#standIn = { decision, index };
  }
}

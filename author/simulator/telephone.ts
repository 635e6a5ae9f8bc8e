/**
 * The telephone of a simulated conversation: the caller at one end, the bot or the number that a call was transferred to at the other, and the
 * company between them. To the product it is a provider like any other: what it makes of an answer is the ledger's own doing.
 */
import type { TransferRequest, TransferResult } from "../../delivery/index.ts";
import type { CallEntry, CallerState, Carrier } from "./history.ts";

export type HumanAnswer = "answers" | "declines" | "busy" | "voicemail" | "no_answer";

export interface TelephoneEvents {
  /** For the history. */
  entry(what: CallEntry["what"], detail: string | null): void;
  /** What the provider's callback says once the dial is over. */
  report(intentId: string, result: "answered" | "failed", code?: string): Promise<void>;
  changed(): void;
}

interface Ringing {
  readonly intentId: string;
  readonly number: string;
  readonly since: number;
  readonly seconds: number;
  readonly timer: NodeJS.Timeout;
}

/** As Twilio names the ends of a dial: it has one name for a call that was declined and a busy line. */
const FAILED = {
  declines: ["declined", "dial_busy"],
  busy: ["busy", "dial_busy"],
  no_answer: ["no_answer", "dial_no-answer"],
} as const;

export class Telephone {
  readonly #events: TelephoneEvents;
  #caller: CallerState = "none";
  #since = 0;
  #lasted = 0;
  #ringing: Ringing | null = null;
  carrier: Carrier = "accepts";
  ringSeconds = 20;

  constructor(events: TelephoneEvents) {
    this.#events = events;
  }

  get caller(): CallerState {
    return this.#caller;
  }

  get isOpen(): boolean {
    return this.#caller !== "none" && this.#caller !== "over";
  }

  get callMs(): number {
    return this.isOpen ? Date.now() - this.#since : this.#lasted;
  }

  get ringing(): { readonly number: string; readonly leftMs: number; readonly seconds: number } | null {
    if (this.#ringing === null) return null;
    const { number, since, seconds } = this.#ringing;
    return { number, seconds, leftMs: Math.max(0, since + seconds * 1_000 - Date.now()) };
  }

  /** `isWithBot`: a conversation that a human has is not the bot's because the customer calls again. */
  ring(from: string, isWithBot: boolean): void {
    this.#caller = isWithBot ? "with_bot" : "waiting";
    this.#since = Date.now();
    this.#events.entry("rang", from);
  }

  async hangUp(): Promise<void> {
    if (!this.isOpen) return;
    this.#lasted = this.callMs;
    this.#caller = "over";
    const ringing = this.#stopRinging();
    if (ringing === null) return this.#events.entry("hung_up", null);
    this.#events.entry("caller_hung_up", ringing.number);
    await this.#events.report(ringing.intentId, "failed", "dial_canceled");
  }

  /** The other end of a transfer that the company has taken over. */
  async answer(how: HumanAnswer): Promise<void> {
    const ringing = this.#stopRinging();
    if (ringing === null) return;
    if (how === "answers" || how === "voicemail") {
      this.#caller = how === "answers" ? "with_human" : "with_voicemail";
      this.#events.entry(how === "answers" ? "answered" : "voicemail", ringing.number);
      return this.#events.report(ringing.intentId, "answered");
    }
    const [what, code] = FAILED[how];
    this.#caller = "waiting";
    this.#events.entry(what, ringing.number);
    return this.#events.report(ringing.intentId, "failed", code);
  }

  /** The provider's half: asked by the dial, at most once for an intent. */
  async transfer({ intentId, phoneDestination }: TransferRequest, signal: AbortSignal): Promise<TransferResult> {
    if (!this.isOpen) {
      this.#events.entry("refused", phoneDestination);
      return { type: "refused", code: "call_over" };
    }
    this.#caller = "transferring";
    this.#events.entry("dialling", phoneDestination);
    if (this.carrier === "refuses") {
      this.#caller = "waiting";
      this.#events.entry("refused", phoneDestination);
      return { type: "refused", code: "unroutable" };
    }
    if (this.carrier === "never_answers") {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      this.#events.entry("no_provider_answer", phoneDestination);
      return { type: "unknown", code: "dial_timeout" };
    }
    this.#ring(intentId, phoneDestination);
    return { type: "accepted" };
  }

  /** Another hand-off than a transfer: the caller hears music until a human or the bot speaks. */
  settle(state: CallerState): void {
    if (this.isOpen && this.#ringing === null) this.#caller = state;
  }

  close(): void {
    this.#stopRinging();
  }

  #ring(intentId: string, number: string): void {
    this.#caller = "ringing";
    const seconds = this.ringSeconds;
    const timer = setTimeout(() => void this.answer("no_answer"), seconds * 1_000).unref();
    this.#ringing = { intentId, number, since: Date.now(), seconds, timer };
    this.#events.entry("ringing", number);
  }

  #stopRinging(): Ringing | null {
    const ringing = this.#ringing;
    this.#ringing = null;
    clearTimeout(ringing?.timer);
    return ringing;
  }
}

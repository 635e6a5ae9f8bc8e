/**
 * Steps of a run: what one run did and when, as the host saw it: compiled, waited, called, asked the network, dialled, settled. Made of the runtime's
 * own events and of what it asks of the keeper of hand-offs and of the network. It holds no value that the action returned.
 */
import type { Transport } from "../../host-api/fetch/index.ts";
import type { FireResult, Outcome, RuntimeEvent } from "../../runtime/index.ts";
import type { SentRequest } from "./requests.ts";

export interface Step {
  readonly kind: "compile" | "queue" | "run" | "hand-off" | "request" | "call" | "dial" | "settle";
  /** Milliseconds since the run was asked for. */
  readonly at: number;
  /** Null for what takes no time. */
  readonly ms: number | null;
  readonly title: string;
  readonly detail: string | null;
  readonly tone: "plain" | "good" | "warn" | "bad";
}

interface Taken {
  readonly at: number;
  readonly ms: number;
}

interface Exchanged extends Taken {
  readonly request: SentRequest | null;
  readonly answer: string;
  readonly ok: boolean;
}

export class StepRecorder {
  readonly #start = performance.now();
  #compiledMs: number | null = null;
  #claim: Taken | null = null;
  #dial: (Taken & { readonly result: FireResult }) | null = null;
  readonly #calls: (Taken & { readonly call: string })[] = [];
  readonly #exchanges: Exchanged[] = [];

  /** The events of this run's tenant. */
  onEvent(event: RuntimeEvent): void {
    if (event.event === "compile.ended") this.#compiledMs = event.ms;
    if (event.event !== "call.ended") return;
    const ms = event.ms ?? 0;
    this.#calls.push({ call: event.call ?? "", at: this.#now - ms, ms });
  }

  async claim<T>(work: () => Promise<T>): Promise<T> {
    const at = this.#now;
    const begun = await work();
    this.#claim ??= { at, ms: this.#now - at };
    return begun;
  }

  async dial(work: () => Promise<FireResult>): Promise<FireResult> {
    const at = this.#now;
    let result: FireResult = "unknown";
    try {
      return (result = await work());
    } finally {
      this.#dial = { at, ms: this.#now - at, result };
    }
  }

  /** The same network, timed. `last` gives the request that was just noted, without the values of secrets. */
  network(transport: Transport, last: () => SentRequest | null): Transport {
    return {
      exchange: async (exchange) => {
        const at = this.#now;
        const answering = transport.exchange(exchange);
        const request = last();
        const note = (answer: string, ok: boolean): void =>
          void this.#exchanges.push({ at, ms: this.#now - at, request, answer, ok });
        try {
          const answered = await answering;
          note(String(answered.status), answered.status < 400);
          return answered;
        } catch (error) {
          note(error instanceof Error ? error.message : "failed", false);
          throw error;
        }
      },
      destroy: () => transport.destroy(),
    };
  }

  /** In the order of their beginnings. */
  stepsOf(outcome: Outcome): Step[] {
    const end = this.#now;
    const { usage } = outcome;
    const compiled = this.#claim?.at ?? end;
    const steps: Step[] = [this.#compileStep(compiled, outcome)];
    const began = compiled + (this.#claim?.ms ?? 0);
    if (usage.wallMs > 0 || usage.queuedMs > 0) {
      const over = this.#dial?.at ?? end;
      // The clock of a run stands still while it waits for the store, so its beginning is no later than its first call.
      const ran = Math.max(began, Math.min(over - usage.wallMs, ...this.#calls.map(({ at }) => at)));
      steps.push(plain("queue", began, ran - began, "Waited for a place in a worker process", null));
      steps.push(plain("run", ran, over - ran, "The action ran", wordsOf(outcome)));
    }
    steps.push(...this.#handOffSteps(outcome), ...this.#requestSteps());
    if (this.#dial !== null) steps.push(dialStep(this.#dial));
    steps.sort((a, b) => a.at - b.at);
    steps.push(settleStep(outcome, end));
    return steps.map((step) => ({ ...step, at: rounded(step.at), ms: step.ms === null ? null : rounded(step.ms) }));
  }

  get #now(): number {
    return performance.now() - this.#start;
  }

  #compileStep(until: number, { status, error }: Outcome): Step {
    const failed = status === "invalid";
    const detail = this.#compiledMs === null ? "It was compiled before." : "Compiled anew.";
    const title = failed ? "Did not run" : "Compiled";
    return {
      kind: "compile",
      at: 0,
      ms: until,
      title,
      detail: failed ? (error?.code ?? null) : detail,
      tone: failed ? "bad" : "plain",
    };
  }

  #handOffSteps({ intents }: Outcome): Step[] {
    return this.#calls
      .filter(({ call }) => call === "hand_off_conversation")
      .map(({ at, ms }, index) => {
        const intent = intents[index];
        const title = "hand_off_conversation";
        if (intent === undefined) return plain("hand-off", at, ms, title, "Past the limit of calls.");
        const { kind, verdict, message, phoneDestination } = intent;
        const to = phoneDestination === null ? "" : ` to ${phoneDestination}`;
        const tone = verdict === "recorded" ? "good" : verdict === "rejected" ? "bad" : "warn";
        return { kind: "hand-off", at, ms, title, detail: `${kind}${to}: ${verdict}. ${message}`, tone };
      });
  }

  #requestSteps(): Step[] {
    const sent = this.#exchanges.map(({ at, ms, request, answer, ok }): Step => ({
      kind: "request",
      at,
      ms,
      title: request === null ? "request" : `${request.method} ${request.url}`,
      detail: answer,
      tone: ok ? "plain" : "bad",
    }));
    const isSent = ({ at, ms }: Taken): boolean =>
      this.#exchanges.some((exchange) => exchange.at >= at - 1 && exchange.at <= at + ms + 1);
    const kept = this.#calls
      .filter((call) => call.call === "fetch.send" && !isSent(call))
      .map(({ at, ms }): Step => ({
        kind: "call",
        at,
        ms,
        title: "fetch",
        detail: "Nothing was sent: it was refused.",
        tone: "bad",
      }));
    return [...sent, ...kept];
  }
}

const plain = (kind: Step["kind"], at: number, ms: number | null, title: string, detail: string | null): Step => ({
  ...{ kind, at, ms, title, detail },
  tone: "plain",
});

const rounded = (ms: number): number => Math.round(ms * 100) / 100;

function wordsOf({ status, error }: Outcome): string {
  return error === undefined ? status : `${status.replaceAll("_", " ")}: ${error.code}`;
}

const DIALLED: Readonly<Record<FireResult, string>> = {
  accepted: "The provider took the call over.",
  refused: "The provider refused: it became a standard hand-off.",
  unknown: "The provider's answer never came: it counts as transferred, and is not dialled again.",
};

function dialStep({ at, ms, result }: Taken & { readonly result: FireResult }): Step {
  const tone = result === "accepted" ? "good" : result === "refused" ? "bad" : "warn";
  return { kind: "dial", at, ms, title: "Dialled the transfer", detail: DIALLED[result], tone };
}

function settleStep({ returnValueDiscarded, bot, warnings }: Outcome, at: number): Step {
  const speaks = bot.mayReplyNow
    ? bot.mayReplyLater
      ? "The bot goes on."
      : "The bot may answer once more."
    : "The bot is silent.";
  const dropped = returnValueDiscarded ? " The return value was dropped on the host: a phone transfer fired." : "";
  return { ...plain("settle", at, null, "Settled", speaks + dropped), tone: warnings.length > 0 ? "warn" : "good" };
}

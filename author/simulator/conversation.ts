/**
 * One simulated conversation. The customer, the bot and the humans are played from outside; the actions run in the sandbox. Where the conversation
 * stands and whether the bot may speak is asked of the outcome, for the turn of a run, and of the ledger, for everything later: no rule stands here.
 */
import type { DurableHandoffs, HandoffDelivery, Provider } from "../../delivery/index.ts";
import type { Environment, Json, Outcome } from "../../runtime/index.ts";
import { InputError } from "../input-error.ts";
import { SAMPLE_CONTEXT } from "../scenarios/sample-context.ts";
import { createExchangeLog, type ExchangeLog } from "../scenarios/record.ts";
import type { ScenarioRunner } from "../scenarios/runner.ts";
import type { CannedAnswer } from "../scenarios/scenario.ts";
import { type BotMay, botMay } from "./bot-may.ts";
import { createClock } from "./clock.ts";
import { contextNow, withConversation } from "./context-now.ts";
import { dialledOf, forPage } from "./turn.ts";
import { recordTakeOver } from "./take-over.ts";
import type { ConversationView, Entry, RunEntry, Settings, SimulatedChannel, Turn } from "./history.ts";
import { Telephone, type HumanAnswer } from "./telephone.ts";

type Unplaced<E> = E extends Entry ? Omit<E, "id" | "at"> : never;

export interface ConversationParts {
  readonly runner: ScenarioRunner;
  readonly handoffs: DurableHandoffs;
  /** Whether actions reach the network where no answer is given for them. */
  readonly live: boolean;
  onChange(): void;
}

const MAX_ENTRIES = 2_000;
/** Repeatable runs: with a seed, time moves only at timers and host answers. */
const SEED = "simulated";

export class Conversation {
  readonly id: string;
  readonly tenant: string;
  readonly #parts: ConversationParts;
  readonly #base: Json;
  readonly #conversationId: string;
  readonly #clock = createClock();
  readonly #telephone: Telephone;
  readonly #history: Entry[] = [];
  #channel: SimulatedChannel;
  #subject: string | null = null;
  #environment: Environment = "production";
  #http: readonly CannedAnswer[] = [];
  #calls = 0;
  #entries = 0;
  #running: { readonly action: string; readonly abort: AbortController } | null = null;
  /** What the last run of this turn said of the bot's answer; null once the turn is over. */
  #answer: Outcome["bot"] | null = null;

  constructor(id: string, base: Json, channel: SimulatedChannel, parts: ConversationParts) {
    this.id = id;
    this.tenant = `simulated ${id}`;
    this.#parts = parts;
    this.#channel = channel;
    this.#base = withConversation(base, `conv_${id}`, SAMPLE_CONTEXT);
    this.#conversationId = (this.#base as { conversation: { id: string } }).conversation.id;
    this.#telephone = new Telephone({
      entry: (what, detail) => this.#add({ type: "call", what, detail }),
      report: async (intentId, result, code) => {
        await parts.handoffs.reportTransfer({ intentId, result, ...(code !== undefined && { code }) });
        parts.onChange();
      },
      changed: () => parts.onChange(),
    });
  }

  /** The desk and the telephone company of this conversation. */
  get provider(): Provider {
    return {
      name: "simulated",
      deliver: async ({ reason, code, epoch }: HandoffDelivery) => {
        const why = [reason, code].filter((each) => each !== null).join("; ");
        this.#add({ type: "human", what: "told", epoch, detail: why === "" ? null : why });
        return { type: "delivered" };
      },
      withdraw: async () => ({ type: "delivered" }),
      transfer: (request, signal) => this.#telephone.transfer(request, signal),
    };
  }

  get turns(): readonly Turn[] {
    return this.#history.flatMap((entry) => (entry.type === "run" ? [entry.turn] : []));
  }

  set(settings: Settings): void {
    const { channel, now, environment, carrier, ringSeconds, http, subject } = settings;
    if (channel !== undefined) this.#channel = channel;
    if (now !== undefined) this.#clock.set(now);
    if (environment !== undefined) this.#environment = environment;
    if (carrier !== undefined) this.#telephone.carrier = carrier;
    if (ringSeconds !== undefined) this.#telephone.ringSeconds = ringSeconds;
    if (http !== undefined) this.#http = http;
    if (subject !== undefined) this.#subject = subject === "" ? null : subject;
    this.#parts.onChange();
  }

  customerSays(content: string): void {
    if (this.#channel === "phone" && !this.#telephone.isOpen)
      throw refused("Nobody is on the line: ring first, or write on chat or e-mail.");
    this.#answer = null;
    this.#add({ type: "message", sender: "customer", channel: this.#channel, content, caught: null });
  }

  /** What it must not say is said all the same, as a bot with a mistake in it would, and is caught. */
  async botSays(content: string): Promise<void> {
    const { speak, why } = await this.#botMay();
    // The one answer of this turn is given: from here on the ledger is asked.
    if (speak) this.#answer = null;
    this.#add({ type: "message", sender: "bot", channel: this.#channel, content, caught: speak ? null : why });
  }

  agentSays(content: string): void {
    this.#add({ type: "message", sender: "agent", channel: this.#channel, content, caught: null });
  }

  async ring(): Promise<void> {
    if (this.#telephone.isOpen) throw refused("The customer is on the line already.");
    this.#channel = "phone";
    this.#calls += 1;
    this.#answer = null;
    this.#telephone.ring(this.#numbers().from, await this.#parts.handoffs.canReply(this.#place));
  }

  press(key: string): void {
    if (!this.#telephone.isOpen) throw refused("Nobody is on the line: ring first.");
    this.#answer = null;
    this.#add({ type: "call", what: "pressed", detail: key });
    // Platforms pass what was pressed on as what the customer said.
    this.#add({ type: "message", sender: "customer", channel: "phone", content: key, caught: null });
  }

  async hangUp(): Promise<void> {
    if (!this.#telephone.isOpen) throw refused("Nobody is on the line.");
    await this.#telephone.hangUp();
    this.#parts.onChange();
  }

  async answer(how: HumanAnswer): Promise<void> {
    if (this.#telephone.ringing === null) throw refused("No number is ringing.");
    await this.#telephone.answer(how);
    this.#parts.onChange();
  }

  /** The bot calls an action: it runs for real. */
  async run(action: string, args: Json): Promise<Turn> {
    if (this.#running !== null) throw refused("An action is running: wait for it, or end it.");
    const abort = new AbortController();
    this.#running = { action, abort };
    this.#parts.onChange();
    try {
      const turn = await this.#run(action, args, abort.signal);
      this.#answer = turn.outcome.bot;
      this.#settleTelephone(turn.outcome);
      return turn;
    } finally {
      this.#running = null;
      this.#parts.onChange();
    }
  }

  cancel(): void {
    this.#running?.abort.abort();
  }

  /** A human takes the conversation, called by the bot or of their own accord. */
  async takeOver(): Promise<void> {
    const { handoffs } = this.#parts;
    const { handedOff } = await handoffs.standing(this.#place);
    if (!handedOff) await recordTakeOver(handoffs, this.#place);
    this.#answer = null;
    if (this.#telephone.ringing === null) this.#telephone.settle("with_human");
    const { epoch } = await handoffs.standing(this.#place);
    this.#add({ type: "human", what: "took_over", epoch, detail: handedOff ? null : "of their own accord" });
  }

  async handBack(): Promise<void> {
    const { state } = await this.#parts.handoffs.getConversation(this.#place);
    if (state === "bot") throw refused("The bot has the conversation already.");
    const { epoch } = await this.#parts.handoffs.handBack(this.#place);
    this.#answer = null;
    this.#telephone.settle("with_bot");
    this.#add({ type: "human", what: "handed_back", epoch, detail: null });
  }

  async view(): Promise<ConversationView> {
    const { state, epoch, handoff } = await this.#parts.handoffs.getConversation(this.#place);
    const { from, to } = this.#numbers();
    return {
      id: this.id,
      channel: this.#channel,
      subject: this.#subject,
      customer: from,
      botNumber: to,
      history: this.#history.map(forPage),
      ...{ state, epoch, code: handoff?.code ?? null },
      botMay: await this.#botMay(),
      caller: this.#telephone.caller,
      callMs: this.#telephone.callMs,
      ringing: this.#telephone.ringing,
      running: this.#running?.action ?? null,
      now: this.#clock.now().toISOString(),
      environment: this.#environment,
      carrier: this.#telephone.carrier,
      ringSeconds: this.#telephone.ringSeconds,
      http: this.#http,
      context: this.#context(null),
    };
  }

  close(): void {
    this.cancel();
    this.#telephone.close();
  }

  get #place() {
    return { tenant: this.tenant, conversationId: this.#conversationId };
  }

  #botMay(): Promise<BotMay> {
    return botMay(this.#parts.handoffs, this.#place, this.#answer);
  }

  async #run(action: string, given: Json, signal: AbortSignal): Promise<Turn> {
    const { runner, handoffs, live } = this.#parts;
    const now = this.#clock.now().toISOString();
    const context = this.#context(given);
    const before = await handoffs.standing(this.#place);
    const environment = this.#environment;
    let exchangeLog: ExchangeLog | null = null;
    // What its transfer does to the telephone comes after the call of the action, as it does in time.
    const place = this.#history.length;
    const isLive = live && this.#http.length === 0;
    const { outcome, unanswered, steps, requests } = await runner.run(
      {
        ...{ action, context, environment, now, seed: SEED },
        http: isLive ? undefined : [...this.#http],
        conversation: { tenant: this.tenant, handoffs },
        exchangeLog: (secrets) => (exchangeLog = createExchangeLog(secrets)),
      },
      signal,
    );
    const turn: Turn = {
      ...{ action, context, environment, now, seed: SEED, handedOff: before.handedOff, epoch: before.epoch },
      transfer: dialledOf(outcome),
      http: (exchangeLog as ExchangeLog | null)?.exchanges.map(({ answer }) => answer) ?? [],
      sent: requests.map(({ method, url, body }) => ({ method, url, body })),
      ...{ unanswered, outcome, steps },
    };
    this.#add({ type: "run", turn } satisfies RunEntry, place, now);
    return turn;
  }

  #context(args: Json): Json {
    const { from, to } = this.#numbers();
    const call = this.#calls === 0 ? null : { id: `call_${this.id}_${this.#calls}`, from, to, provider: "simulated" };
    return contextNow(this.#base, {
      args,
      channel: this.#channel,
      subject: this.#subject,
      call,
      messages: this.#history.flatMap((entry) =>
        entry.type === "message"
          ? [{ sender: entry.sender, timestamp: entry.at, content: entry.content, channel: entry.channel }]
          : [],
      ),
    });
  }

  #numbers(): { readonly from: string; readonly to: string } {
    const { call } = (this.#base as { conversation: { call?: { from?: unknown; to?: unknown } | null } }).conversation;
    const text = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : otherwise);
    return { from: text(call?.from, "+15550100001"), to: text(call?.to, "+15550100002") };
  }

  /** Who the caller hears once the run is settled. */
  #settleTelephone({ bot, handoff }: Outcome): void {
    if (handoff?.kind === "phone_transfer") return;
    this.#telephone.settle(bot.mayReplyNow ? "with_bot" : "waiting");
  }

  #add(
    entry: Unplaced<Entry>,
    place: number = this.#history.length,
    at: string = this.#clock.now().toISOString(),
  ): void {
    if (this.#history.length >= MAX_ENTRIES) throw refused("The conversation is very long: begin another.");
    const placed = { ...entry, id: (this.#entries += 1), at } as Entry;
    this.#history.splice(place, 0, placed);
    this.#parts.onChange();
  }
}

export const refused = (sentence: string): InputError => new InputError("PAGE_REQUEST_INVALID", sentence);

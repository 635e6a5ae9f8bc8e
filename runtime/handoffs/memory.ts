/**
 * The default keeper of hand-offs: in memory, with the promises of a durable one for as long as the process lives.
 * One winner for each conversation and epoch, one outcome for each execution id, and nobody to dial: a transfer counts as fired once it is recorded.
 * A conversation that was handed off stays known for as long as the process lives: were it forgotten, the bot would speak again.
 */
import type { IntentKind } from "../../host-api/index.ts";
import { HostFault } from "../../base/fault.ts";
import type { Begun, BeginRequest, Handoffs, RecordReceipt, RecordRequest, Standing } from "./handoffs.ts";
import type { Outcome } from "../outcome.ts";

const KEEP_OUTCOMES_MS = 7 * 24 * 60 * 60 * 1_000;

interface Execution {
  readonly inputHash: string;
  readonly keep: boolean;
  /** Resolves with null if the execution never ran and its id is free again. */
  readonly settled: Promise<Outcome | null>;
  settle(outcome: Outcome | null): void;
  endedAt: number | null;
}

interface ConversationKey {
  readonly tenant: string;
  readonly conversationId: string;
}

interface ConversationState {
  epoch: number;
  handedOff: { readonly intentId: string; readonly kind: IntentKind } | null;
}

export class MemoryHandoffs implements Handoffs {
  readonly #executions = new Map<string, Execution>();
  readonly #conversations = new Map<string, ConversationState>();

  async begin(request: BeginRequest): Promise<Begun> {
    this.#forgetOld();
    const key = keyOf(request.tenant, request.executionId);
    for (let running = this.#executions.get(key); running !== undefined; running = this.#executions.get(key)) {
      if (running.inputHash !== request.inputHash) throw mismatch(request.executionId);
      request.waiting?.();
      const replay = await running.settled;
      if (replay !== null) return { replay };
    }
    const { promise, resolve } = Promise.withResolvers<Outcome | null>();
    this.#executions.set(key, {
      inputHash: request.inputHash,
      keep: !request.generatedId,
      settled: promise,
      settle: resolve,
      endedAt: null,
    });
    return request.conversationId === null
      ? { epoch: 0, handedOff: false }
      : this.#look(request.tenant, request.conversationId);
  }

  async record(request: RecordRequest): Promise<RecordReceipt> {
    const state = this.#state(request.tenant, request.conversationId);
    if (state.epoch !== request.epoch) return { verdict: "already_handed_off", intentId: request.intentId };
    if (state.handedOff !== null) return { verdict: "already_handed_off", ...state.handedOff };
    state.handedOff = { intentId: request.intentId, kind: request.kind };
    return { verdict: "recorded", intentId: request.intentId };
  }

  async fire(): Promise<"accepted"> {
    return "accepted";
  }

  async standing({ tenant, conversationId }: ConversationKey): Promise<Standing> {
    return this.#look(tenant, conversationId);
  }

  async end(tenant: string, executionId: string, outcome: Outcome): Promise<void> {
    const key = keyOf(tenant, executionId);
    const execution = this.#executions.get(key);
    if (execution === undefined) return;
    execution.endedAt = Date.now();
    const isFree = outcome.status === "refused";
    if (isFree || !execution.keep) this.#executions.delete(key);
    execution.settle(isFree ? null : outcome);
  }

  /** Gives the conversation back to the bot; a later action can hand it off again. Does nothing if the bot has it. */
  async handBack({ tenant, conversationId }: ConversationKey): Promise<{ readonly epoch: number }> {
    const state = this.#state(tenant, conversationId);
    if (state.handedOff !== null) {
      state.epoch++;
      state.handedOff = null;
    }
    return { epoch: state.epoch };
  }

  /** As if an earlier run had handed the conversation off. */
  markHandedOff({ tenant, conversationId }: ConversationKey): void {
    this.#state(tenant, conversationId).handedOff ??= { intentId: "earlier", kind: "handoff" };
  }

  #look(tenant: string, conversationId: string): Standing {
    const state = this.#conversations.get(keyOf(tenant, conversationId));
    if (state === undefined) return { epoch: 0, handedOff: false };
    if (state.handedOff === null) return { epoch: state.epoch, handedOff: false };
    return { epoch: state.epoch, handedOff: true, kind: state.handedOff.kind };
  }

  #state(tenant: string, conversationId: string): ConversationState {
    const key = keyOf(tenant, conversationId);
    const known = this.#conversations.get(key);
    if (known !== undefined) return known;
    const state: ConversationState = { epoch: 0, handedOff: null };
    this.#conversations.set(key, state);
    return state;
  }

  /** Executions stand in the order in which they began; the oldest are looked at, and no further. */
  #forgetOld(): void {
    const before = Date.now() - KEEP_OUTCOMES_MS;
    for (const [key, { endedAt }] of this.#executions) {
      if (endedAt === null || endedAt >= before) return;
      this.#executions.delete(key);
    }
  }
}

export function createMemoryHandoffs(): MemoryHandoffs {
  return new MemoryHandoffs();
}

const keyOf = (tenant: string, id: string): string => JSON.stringify([tenant, id]);

function mismatch(executionId: string): HostFault {
  return new HostFault(
    "EXECUTION_MISMATCH",
    `The execution id ${JSON.stringify(executionId)} was used for another action, context or environment.`,
    "never",
  );
}

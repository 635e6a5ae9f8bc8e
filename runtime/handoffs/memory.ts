/**
 * The default keeper of hand-offs: in memory, with the promises of a durable one for as long as the process lives.
 * One winner for each conversation and epoch (claims.ts), one outcome for each execution id, and no provider: a transfer counts as fired once it is recorded.
 * A conversation that was handed off stays known for as long as the process lives: were it forgotten, the bot would speak again. Outcomes are
 * kept as text, within so many bytes: past them the oldest of the tenant that holds most are forgotten, and their ids run anew.
 */
import { z } from "zod";
import { HostFault } from "../../base/fault.ts";
import { readOptions, whole } from "../../base/options.ts";
import {
  answerClaim,
  deleteClaim,
  holderOf,
  insertClaim,
  keyOf,
  newestOf,
  standingOf,
  type ClaimAnswer,
  type ClaimMaps,
  type ClaimRow,
  type ConversationKey,
} from "./claims.ts";
import type { Begun, BeginRequest, Handoffs, RecordReceipt, RecordRequest, Standing } from "./handoffs.ts";
import type { Outcome } from "../outcome.ts";

const KEEP_OUTCOMES_MS = 7 * 24 * 60 * 60 * 1_000;

/** Text counts two bytes a character, as V8 keeps it unless all of it is Latin-1. */
const KEEP_BYTES = 64 * 1024 * 1024;
const ENTRY_BYTES = 512;

interface Running {
  readonly inputHash: string;
  readonly keep: boolean;
  /** Resolves with null if the execution never ran and its id is free again. */
  readonly settled: Promise<Outcome | null>;
  settle(outcome: Outcome | null): void;
}

interface Ended {
  readonly inputHash: string;
  readonly text: string;
  readonly bytes: number;
  readonly endedAt: number;
}

/** Of one tenant, the oldest first. */
interface Kept {
  readonly ended: Map<string, Ended>;
  bytes: number;
}

export interface MemoryHandoffsOptions {
  /** What all outcomes together may take, in bytes; 64 MiB unless given. */
  readonly outcomeBytes?: number | undefined;
}

const optionsSchema = z.strictObject({
  outcomeBytes: whole(0, Number.MAX_SAFE_INTEGER).optional(),
} satisfies Record<keyof MemoryHandoffsOptions, z.ZodType>);

export class MemoryHandoffs implements Handoffs {
  readonly #outcomeBytes: number;
  readonly #running = new Map<string, Running>();
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  readonly #claims: ClaimMaps<ClaimRow> = { handoffs: new Map(), claims: new Map(), newest: new Map() };

  constructor(options: MemoryHandoffsOptions = {}) {
    this.#outcomeBytes =
      readOptions(optionsSchema, options, "createMemoryHandoffs", { page: "docs/security.md" }).outcomeBytes ??
      KEEP_BYTES;
  }

  async begin(request: BeginRequest): Promise<Begun> {
    const { tenant, executionId, inputHash } = request;
    const key = keyOf(tenant, executionId);
    for (let running = this.#running.get(key); running !== undefined; running = this.#running.get(key)) {
      if (running.inputHash !== inputHash) throw mismatch(executionId);
      request.waiting?.();
      const replay = await running.settled;
      if (replay !== null) return { replay };
    }
    return this.beginNow(request)!;
  }

  /** The same without a wait; null while the same execution runs. */
  beginNow(request: BeginRequest): Begun | null {
    const { tenant, executionId, inputHash } = request;
    this.#forgetOld(tenant);
    const key = keyOf(tenant, executionId);
    if (this.#running.has(key)) return null;
    const ended = this.#kept.get(tenant)?.ended.get(key);
    if (ended !== undefined) {
      if (ended.inputHash !== inputHash) throw mismatch(executionId);
      return { replay: JSON.parse(ended.text) as Outcome };
    }
    const { promise, resolve } = Promise.withResolvers<Outcome | null>();
    this.#running.set(key, { inputHash, keep: !request.generatedId, settled: promise, settle: resolve });
    return request.conversationId === null
      ? { epoch: 0, handedOff: false }
      : standingOf(newestOf(this.#claims, { tenant, conversationId: request.conversationId }));
  }

  async record(request: RecordRequest): Promise<RecordReceipt> {
    return this.recordNow(request);
  }

  recordNow({ intentId, tenant, conversationId, epoch, kind }: RecordRequest): RecordReceipt {
    const answer = this.#claim({ intentId, tenant, conversationId, epoch, kind, handedBackAt: null });
    return answer.type === "recorded"
      ? { verdict: "recorded", intentId }
      : { verdict: answer.type, intentId, kind: answer.kind };
  }

  async fire(): Promise<"accepted"> {
    return "accepted";
  }

  async standing(conversation: ConversationKey): Promise<Standing> {
    return this.standingNow(conversation);
  }

  standingNow({ tenant, conversationId }: ConversationKey): Standing {
    return standingOf(newestOf(this.#claims, { tenant, conversationId }));
  }

  async end(tenant: string, executionId: string, outcome: Outcome): Promise<void> {
    this.endNow(tenant, executionId, outcome);
  }

  endNow(tenant: string, executionId: string, outcome: Outcome): void {
    const key = keyOf(tenant, executionId);
    const running = this.#running.get(key);
    if (running === undefined) return;
    this.#running.delete(key);
    const isFree = outcome.status === "refused";
    if (!isFree && running.keep) this.#keep(tenant, key, running.inputHash, outcome);
    running.settle(isFree ? null : outcome);
  }

  /** Gives the conversation back to the bot; a later action can hand it off again. Does nothing if the bot has it. */
  async handBack(conversation: ConversationKey): Promise<{ readonly epoch: number }> {
    const newest = newestOf(this.#claims, conversation);
    if (newest !== null && newest.handedBackAt === null)
      this.#claims.handoffs.set(newest.intentId, { ...newest, handedBackAt: Date.now() });
    return { epoch: standingOf(newestOf(this.#claims, conversation)).epoch };
  }

  /** As if an earlier run had handed the conversation off. */
  markHandedOff({ tenant, conversationId }: ConversationKey): void {
    const { epoch, handedOff } = standingOf(newestOf(this.#claims, { tenant, conversationId }));
    const intentId = `earlier ${keyOf(tenant, conversationId, epoch)}`;
    if (!handedOff) this.#claim({ intentId, tenant, conversationId, epoch, kind: "handoff", handedBackAt: null });
  }

  /** A conversation keeps its newest hand-off alone: no answer depends on those of earlier epochs. */
  #claim(row: ClaimRow): ClaimAnswer {
    const before = newestOf(this.#claims, row);
    if (insertClaim(this.#claims, row)) {
      if (before !== null) deleteClaim(this.#claims, before);
      return { type: "recorded" };
    }
    return answerClaim(row, (holderOf(this.#claims, row) ?? before) as ClaimRow);
  }

  #keep(tenant: string, key: string, inputHash: string, outcome: Outcome): void {
    const text = JSON.stringify(outcome);
    const bytes = ENTRY_BYTES + 2 * (text.length + key.length);
    const kept = this.#kept.get(tenant) ?? { ended: new Map<string, Ended>(), bytes: 0 };
    this.#kept.set(tenant, kept);
    kept.ended.set(key, { inputHash, text, bytes, endedAt: Date.now() });
    kept.bytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#outcomeBytes && this.#bytes > 0) this.#forgetOldest(this.#heaviest());
  }

  #heaviest(): string {
    let heaviest = "";
    let most = -1;
    for (const [tenant, { bytes }] of this.#kept) {
      if (bytes <= most) continue;
      heaviest = tenant;
      most = bytes;
    }
    return heaviest;
  }

  #forgetOldest(tenant: string): void {
    const kept = this.#kept.get(tenant)!;
    const [key, { bytes }] = kept.ended.entries().next().value!;
    kept.ended.delete(key);
    kept.bytes -= bytes;
    this.#bytes -= bytes;
    if (kept.ended.size === 0) this.#kept.delete(tenant);
  }

  /** What ended first stands first: the oldest are looked at, and no further. */
  #forgetOld(tenant: string): void {
    const before = Date.now() - KEEP_OUTCOMES_MS;
    for (let kept = this.#kept.get(tenant); kept !== undefined; kept = this.#kept.get(tenant)) {
      if (kept.ended.values().next().value!.endedAt >= before) return;
      this.#forgetOldest(tenant);
    }
  }
}

export function createMemoryHandoffs(options: MemoryHandoffsOptions = {}): MemoryHandoffs {
  return new MemoryHandoffs(options);
}

function mismatch(executionId: string): HostFault {
  return new HostFault(
    "EXECUTION_MISMATCH",
    `The execution id ${JSON.stringify(executionId)} was used for another action, context or environment.`,
    "never",
  );
}

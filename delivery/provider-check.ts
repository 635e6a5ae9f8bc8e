/**
 * The check of a provider: what every one has to keep, as questions to a real one: `await checkProvider(myProvider(), { call })` in a test of any framework,
 * with a provider whose other end works. It rejects with the sentence that is broken.
 */
import { z } from "zod";
import { readGiven } from "./given.ts";
import { OVERDUE, within } from "../base/time.ts";
import type { HandoffDelivery, Provider, TransferRequest } from "./provider.ts";

export interface ProviderCheck extends Partial<HandoffDelivery> {
  /** Where the live call may be transferred to. */
  readonly phoneDestination?: string;
  /** True for a provider that is done before a signal could stop it. */
  readonly ignoresStop?: boolean;
}

const anyProvider = z.custom<Provider>((value) => typeof value === "object" && value !== null, "a provider");

const PAGE = "docs/providers.md";

/** Longer than any provider may take while a caller waits. */
const ANSWER_MS = 5000;

export async function checkProvider(provider: Provider, check: ProviderCheck = {}): Promise<void> {
  readGiven(z.looseObject({}), check, "checkProvider: the second argument", { page: PAGE });
  readGiven(anyProvider, provider, "checkProvider", { page: PAGE });
  const { phoneDestination = "+15551234567", ignoresStop = false, ...of } = check;
  const handoff: HandoffDelivery = {
    intentId: "contract-intent",
    tenant: "acme",
    conversationId: "conversation",
    epoch: 0,
    executionId: "execution",
    reason: 'a reason with <xml> & "quotes" and 💬',
    code: null,
    call: null,
    recordedAt: new Date().toISOString(),
    ageMs: 0,
    sentAt: new Date().toISOString(),
    attempt: 1,
    ...of,
  };
  insist(typeof provider.name === "string" && /\S/.test(provider.name), "It has a name.");
  insist(provider.deliver || provider.transfer, "It delivers hand-offs, transfers calls, or both.");
  await provider.prepare?.();
  if (provider.deliver) await checkDeliver(provider, handoff, ignoresStop);
  if (provider.transfer) await checkTransfer(provider, { ...handoff, phoneDestination }, ignoresStop);
  await provider.close?.();
}

async function checkDeliver(provider: Provider, handoff: HandoffDelivery, ignoresStop: boolean): Promise<void> {
  for (const attempt of [1, 2]) {
    const { type } = await inTime(async (signal) => provider.deliver?.({ ...handoff, attempt }, signal));
    insist(
      type === "delivered",
      "A hand-off is delivered, and delivering it again under the same intent id is no mistake.",
    );
  }
  const stopped = await inTime(async () => provider.deliver?.(handoff, AbortSignal.abort())).catch(() => null);
  insist(ignoresStop || stopped === null || stopped.type === "retry", "Told to stop, it claims not to have delivered.");
}

async function checkTransfer(provider: Provider, transfer: TransferRequest, ignoresStop: boolean): Promise<void> {
  const ask = (signal: AbortSignal) => provider.transfer?.(transfer, signal);
  const { type } = await inTime(async (signal) => ask(signal)).catch(thrown);
  insist(type === "accepted", "A call is transferred.");
  const stopped = await inTime(async () => ask(AbortSignal.abort())).catch(thrown);
  insist(
    ignoresStop || stopped.type === "refused" || stopped.type === "unknown",
    "Told to stop, it claims no transfer.",
  );
  if (!provider.reconcile) return;
  const found = await inTime(async (signal) => provider.reconcile?.(transfer, signal));
  insist(
    ["accepted", "refused", "unknown"].includes(found.type),
    "What came of a transfer is accepted, refused or unknown.",
  );
}

function thrown(error: unknown): never {
  if (error instanceof Broken) throw error;
  throw new Broken("A transfer never throws: what it cannot know is unknown.", error);
}

async function inTime<Answer>(ask: (signal: AbortSignal) => Promise<Answer | undefined>): Promise<Answer> {
  const answer = await within(ANSWER_MS, () => ask(AbortSignal.timeout(ANSWER_MS)));
  if (answer === OVERDUE) throw new Broken("It answers within 5 seconds.");
  if (answer === undefined) throw new Broken("It answers with a result.");
  return answer;
}

class Broken extends Error {
  constructor(sentence: string, cause?: unknown) {
    super(`The provider breaks its contract: ${sentence} (${PAGE})`, { cause });
    this.name = "ProviderBroken";
  }
}

function insist(holds: unknown, sentence: string): void {
  if (!holds) throw new Broken(sentence);
}

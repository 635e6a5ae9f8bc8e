/**
 * What every provider has to keep, as questions to a real one. Give it a provider whose other end works:
 * `await checkProvider(myProvider(), { call })`.
 */
import { expect } from "@jest/globals";
import type { HandoffDelivery, Provider, TransferRequest } from "../../delivery/index.ts";

export async function checkProvider(provider: Provider, of: Partial<HandoffDelivery> = {}): Promise<void> {
  const handoff: HandoffDelivery = {
    intentId: "contract-intent",
    tenant: "acme",
    conversationId: "conversation",
    epoch: 0,
    executionId: "execution",
    reason: 'a reason with <xml> & "quotes" and 💬',
    code: null,
    call: null,
    recordedAt: "2026-01-01T00:00:00.000Z",
    ageMs: 0,
    attempt: 1,
    ...of,
  };
  const transfer: TransferRequest = { ...handoff, phoneDestination: "+15551234567" };
  const open = (): AbortSignal => AbortSignal.timeout(5000);
  expect(provider.name).toMatch(/\S/);
  expect(provider.deliver ?? provider.transfer).toBeDefined();

  await provider.prepare?.();
  if (provider.deliver) {
    // The same hand-off again is no mistake: the receiver drops it by its intent id.
    for (const attempt of [1, 2])
      expect(await provider.deliver({ ...handoff, attempt }, open())).toEqual({ type: "delivered" });
    // Told to stop, it says so or throws; it never claims to have delivered.
    const stopped = await provider.deliver(handoff, AbortSignal.abort()).catch(() => ({ type: "retry" }));
    if (provider.name !== "console") expect(stopped.type).toBe("retry");
  }
  if (provider.transfer) {
    expect(await provider.transfer(transfer, open())).toEqual({ type: "accepted" });
    // Told to stop it never throws, and claims nothing that it does not know.
    const stopped = await provider.transfer(transfer, AbortSignal.abort());
    if (provider.name !== "console") expect(["refused", "unknown"]).toContain(stopped.type);
  }
  if (provider.reconcile)
    expect(["accepted", "refused", "unknown"]).toContain((await provider.reconcile(transfer, open())).type);
  await provider.close?.();
}

import { describe, expect, test } from "@jest/globals";
import { judgeDestination, openHandoffs, type HandoffsOptions } from "../../delivery/index.ts";
import { nextState } from "../../delivery/conversation.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import { storeAnswerLost, storeFull, storeRefused, storeUnavailable } from "../../storage/store.ts";
import type { HandoffStore as Store } from "../../delivery/store-schema.ts";
import { createVirtualTime } from "./virtual-time.ts";
import { beginRequest, eventually, recordRequest, scriptedProvider, transferRecord } from "./fixtures.ts";

const never = new AbortController().signal;
const open = (options: Omit<HandoffsOptions, "store"> & { store?: HandoffsOptions["store"] }) =>
  openHandoffs({ store: "memory:", relay: false, ...options });

describe("a phone transfer", () => {
  test("is refused by the provider: a standard hand-off takes its place, and the number goes", async () => {
    const provider = scriptedProvider({ transfers: [{ type: "refused", code: "call_ended" }] });
    await using handoffs = await open({ provider });
    const claim = transferRecord({ reason: "angry" });
    await handoffs.record(claim);
    expect(await handoffs.fire(claim.intentId, never)).toBe("refused");
    expect(await handoffs.standing(claim)).toEqual({ epoch: 0, handedOff: true, kind: "handoff" });
    handoffs.start();
    await eventually(
      () => handoffs.outbox.show(claim.intentId),
      (row) => row?.status === "delivered",
    );
    expect(provider.delivered).toMatchObject([{ intentId: claim.intentId, reason: "angry", code: "call_ended" }]);
  });

  test.each([
    ["throws", new Error("broken")],
    ["never answers", "never" as const],
    ["does not know", { type: "unknown", code: "provider_503" } as const],
  ])("whose provider %s is unknown, and never dialled again", async (_, answer) => {
    const provider = scriptedProvider({ transfers: [answer] });
    await using handoffs = await open({ provider, settings: { fireMs: 50 } });
    const claim = transferRecord();
    await handoffs.record(claim);
    expect(await handoffs.fire(claim.intentId, never)).toBe("unknown");
    expect(await handoffs.fire(claim.intentId, never)).toBe("unknown");
    expect(await handoffs.getConversation(claim)).toMatchObject({ state: "transfer_unknown" });
    await expect(handoffs.outbox.retry(claim.intentId)).resolves.toBeUndefined();
    expect(await handoffs.fire(claim.intentId, never)).toBe("unknown");
    expect(provider.dialled).toHaveLength(1);
  });

  test("that is unknown is asked about, and never dialled, until the provider can say", async () => {
    const unknown = { type: "unknown", code: "dial_pending" } as const;
    const provider = scriptedProvider({ transfers: [unknown], reconciliations: [unknown, { type: "accepted" }] });
    await using handoffs = await open({ provider, relay: true, settings: { pollMs: 10 }, random: () => 0 });
    const claim = transferRecord();
    await handoffs.record(claim);
    expect(await handoffs.fire(claim.intentId, never)).toBe("unknown");
    await eventually(
      () => handoffs.outbox.show(claim.intentId),
      (row) => row?.state === "transferred",
    );
    expect(provider.dialled).toHaveLength(1);
  });

  test.each([
    ["accepted", { type: "accepted" }, "transferred"],
    ["refused", { type: "refused", code: "sip_486" }, "transfer_failed"],
  ] as const)(
    "counts where it is %s by a carrier that answers as late as somebody picks up",
    async (_, answer, state) => {
      const time = createVirtualTime();
      const store = { ...createMemoryStore(), time: async () => time.now() };
      const provider = {
        ...scriptedProvider({}),
        async transfer() {
          await time.clock.sleep(70_000);
          return answer;
        },
      };
      const handoffs = await open({ provider, store, clock: time.clock });
      const claim = transferRecord();
      await handoffs.record(claim);
      expect(await time.until(handoffs.fire(claim.intentId, never))).toBe("unknown");
      await time.pass(80_000);
      expect(await handoffs.getConversation(claim)).toMatchObject({ state });
      await time.until(handoffs.close());
    },
  );

  test("is not dialled once the conversation was handed back", async () => {
    const provider = scriptedProvider({});
    await using handoffs = await open({ provider });
    const claim = transferRecord();
    await handoffs.record(claim);
    await handoffs.handBack(claim);
    expect(await handoffs.fire(claim.intentId, never)).toBe("refused");
    expect(provider.dialled).toEqual([]);
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ status: "dead", code: "handed_back" });
  });

  test("without anybody who transfers calls is refused", async () => {
    const { transfer: _, ...provider } = scriptedProvider({});
    await using handoffs = await open({ provider });
    const claim = transferRecord();
    await handoffs.record(claim);
    expect(await handoffs.fire(claim.intentId, never)).toBe("refused");
  });

  test("moves through its states as drawn, and late news changes nothing", () => {
    expect(nextState("transferring", "accepted")).toBe("transferred");
    expect(nextState("transferring", "refused")).toBe("transfer_failed");
    expect(nextState("transferring", "expired")).toBe("transfer_failed");
    expect(nextState("transferring", "unknown")).toBe("transfer_unknown");
    expect(nextState("transfer_unknown", "accepted")).toBe("transferred");
    expect(nextState("transfer_unknown", "refused")).toBe("transfer_failed");
    expect(nextState("transferred", "failed")).toBe("transfer_failed");
    for (const event of ["accepted", "refused", "expired", "unknown", "failed"] as const) {
      expect(nextState("handed_off", event)).toBeNull();
      expect(nextState("transfer_failed", event)).toBeNull();
    }
    expect(nextState("transferred", "unknown")).toBeNull();
  });
});

describe("a claim whose answer is lost", () => {
  /** Loses the answers to the next claims; `happens` says whether they took effect. */
  function lossy(happens: boolean, times: number): Store {
    const store = createMemoryStore();
    let left = times;
    return {
      ...store,
      async run(name, input) {
        if (name !== "claim" || left === 0) return store.run(name, input);
        left -= 1;
        if (happens) await store.run(name, input);
        throw storeAnswerLost("gone");
      },
    };
  }

  test.each([true, false])("is read back by its intent id (it took effect: %s)", async (happens) => {
    await using handoffs = await open({ store: lossy(happens, 2) });
    const claim = recordRequest();
    expect(await handoffs.record(claim)).toEqual({ intentId: claim.intentId, verdict: "recorded" });
    expect(await handoffs.outbox.list()).toHaveLength(1);
  });

  test("is unknown after recordMs; the conversation counts as handed off, and clears up later", async () => {
    await using handoffs = await open({
      store: lossy(false, 1_000),
      settings: { recordMs: 60, executionLeaseMs: 30_000 },
    });
    const claim = transferRecord();
    expect(await handoffs.record(claim)).toEqual({ intentId: claim.intentId, verdict: "unknown" });
    expect(await handoffs.canReply(claim)).toBe(false);
    expect(await handoffs.fire(claim.intentId, never)).toBe("unknown");
    const begun = await handoffs.begin(beginRequest({ conversationId: claim.conversationId }));
    expect(begun).toMatchObject({ handedOff: true, kind: "phone_transfer" });
    expect(await handoffs.record(recordRequest({ conversationId: claim.conversationId }))).toMatchObject({
      verdict: "already_handed_off",
    });
  });

  test.each([
    ["refuses for a moment is asked again, and the hand-off is recorded", 4, "recorded"],
    ["refuses for all of recordMs rejects: surely nothing was recorded", Number.POSITIVE_INFINITY, "STORE_UNAVAILABLE"],
  ])("a store that %s", async (_name, refusals, expected) => {
    const store = createMemoryStore();
    let asked = 0;
    const away: Store = {
      ...store,
      async run(name, input) {
        if (name === "claim" && (asked += 1) <= refusals) throw storeUnavailable("too many clients already");
        return store.run(name, input);
      },
    };
    await using handoffs = await open({ store: away, settings: { recordMs: 1200 } });
    const claim = recordRequest();
    const answer = await handoffs.record(claim).then(
      ({ verdict }) => verdict,
      ({ code }: { readonly code: string }) => code,
    );
    expect(answer).toBe(expected);
    expect(asked).toBeGreaterThanOrEqual(Math.min(5, refusals));
    expect(await handoffs.canReply(claim)).toBe(expected !== "recorded");
  });

  test.each([
    ["will never take it", storeRefused("a byte that it cannot hold"), "STORE_REFUSED"],
    ["is full", storeFull("no room"), "STORE_FULL"],
  ])("a store that %s is asked once", async (_name, fault, code) => {
    const store = createMemoryStore();
    let asked = 0;
    const run: Store["run"] = async (name, input) => {
      if (name !== "claim") return store.run(name, input);
      asked += 1;
      throw fault;
    };
    await using handoffs = await open({ store: { ...store, run } });
    await expect(handoffs.record(recordRequest())).rejects.toMatchObject({ code });
    expect(asked).toBe(1);
  });
});

describe("the destination policy", () => {
  test.each([
    ["+15551234567", {}, true],
    ["+4930123456", {}, true],
    ["+19005551234", {}, false],
    ["+449098790000", {}, false],
    ["+881612345678", {}, false],
    ["+97912345678", {}, false],
    ["+19005551234", { allowTypes: ["PREMIUM_RATE"] }, true],
    ["+19005551234", { numbers: ["+19005551234"] }, true],
    ["+4930123456", { countries: ["US"] }, false],
    ["+4930123456", { countries: ["US", "DE"] }, true],
    ["+4930123456", { numbers: ["+15551234567"], onlyNumbers: true }, false],
    ["+4930123456", { refuse: ["+4930*"] }, false],
    // Spelled as people spell it.
    ["+4930123456", { refuse: ["+49 (30) *"] }, false],
    ["+19005551234", { numbers: ["+1 (900) 555-1234"] }, true],
    ["+4930123456", { countries: ["de"] }, true],
    // An entry that cannot be read may be the one that was to refuse it.
    ["+4930123456", { refuse: ["0049 30*"] }, false],
    ["+4930123456", { refuse: ["premium"] }, false],
    ["+4930123456", { refuse: ["+*"] }, false],
    // Digits too many, or too few, for the plan: the network stops reading at the premium number.
    ["+4990011234567", {}, false],
    ["+4490987900001", {}, false],
    ["+49900123", {}, false],
    ["+4990011234567", { allowTypes: ["PREMIUM_RATE"] }, true],
    ["+390199123456", {}, true],
  ])("%s under %j: %s", (number, policy, allowed) => {
    expect(judgeDestination(number, policy).allowed).toBe(allowed);
  });

  test("is the tenant's own, and its answer reaches the action", async () => {
    const destinations = (tenant: string) => (tenant === "acme" ? { countries: ["US"] } : {});
    await using handoffs = await open({ destinations });
    const claim = transferRecord({ phoneDestination: "+4930123456" });
    const { verdict, message } = await handoffs.record(claim);
    expect(verdict).toBe("rejected");
    expect(message).toContain("country");
    expect(message).not.toContain("4930");
    expect(await handoffs.outbox.list()).toEqual([]);
    expect((await handoffs.record({ ...claim, tenant: "globex" })).verdict).toBe("recorded");
  });
});

import { describe, expect, test } from "@jest/globals";
import { checkProvider, type Provider } from "../../delivery/index.ts";

const works: Provider = {
  name: "works",
  async deliver(_handoff, signal) {
    return signal.aborted ? { type: "retry", code: "stopped" } : { type: "delivered" };
  },
  async transfer(_transfer, signal) {
    return signal.aborted ? { type: "unknown", code: "stopped" } : { type: "accepted" };
  },
  reconcile: async () => ({ type: "unknown", code: "dial_pending" }),
};

describe("the check that a provider of one's own is held to", () => {
  test("passes one that keeps it, whichever half it has", async () => {
    const { deliver: _deliver, ...transfers } = works;
    const { transfer: _transfer, reconcile: _reconcile, ...delivers } = works;
    for (const provider of [works, transfers, delivers]) await checkProvider(provider);
  });

  const attempts = (): Provider["deliver"] => {
    let seen = 0;
    return async () => ((seen += 1) === 1 ? { type: "delivered" } : { type: "dead", code: "seen_before" });
  };
  test.each<[string, Partial<Provider>, RegExp]>([
    ["has no name", { name: " " }, /name/],
    ["takes a repetition for a mistake", { deliver: attempts() as never }, /again under the same intent id/],
    ["delivers although it was told to stop", { deliver: async () => ({ type: "delivered" }) }, /Told to stop/],
    ["throws in a transfer", { transfer: () => Promise.reject(new Error("503")) }, /never throws/],
    [
      "throws before it is asked",
      {
        transfer: () => {
          throw new Error("no promise");
        },
      },
      /never throws/,
    ],
    ["transfers although it was told to stop", { transfer: async () => ({ type: "accepted" }) }, /Told to stop/],
    ["answers nothing", { transfer: async () => undefined as never }, /answers with a result/],
    ["refuses what works", { transfer: async () => ({ type: "refused", code: "no" }) }, /is transferred/],
    ["finds out nonsense", { reconcile: async () => ({ type: "perhaps" }) as never }, /accepted, refused or unknown/],
  ])("finds one that %s", async (_, over, sentence) => {
    await expect(checkProvider({ ...works, ...over })).rejects.toThrow(sentence);
  });

  test("finds one that does nothing", async () => {
    await expect(checkProvider({ name: "idle" })).rejects.toThrow(/delivers hand-offs, transfers calls/);
  });
});

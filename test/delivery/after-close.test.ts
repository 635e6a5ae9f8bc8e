// What is asked of hand-offs that were closed, or are being closed: nothing is acknowledged that no relay of theirs will look at.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { openHandoffs, type Provider } from "../../delivery/index.ts";
import { beginRequest, eventually, recordRequest } from "./fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "baton-closed-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(["memory:", `sqlite:${join(folder, "closed.db")}`])("%s", (store) => {
  test("once closed it says so at once, and records nothing", async () => {
    const settings = { recordMs: 600_000, storeMs: 600_000 };
    const handoffs = await openHandoffs({ store, relay: false, settings });
    const claim = recordRequest();
    await handoffs.close();
    const closed = { code: "HANDOFFS_CLOSED", retry: "safe" };
    await expect(handoffs.begin(beginRequest())).rejects.toMatchObject(closed);
    await expect(handoffs.record(claim)).rejects.toMatchObject(closed);
    await expect(handoffs.canReply(claim)).rejects.toMatchObject(closed);
    await expect(handoffs.outbox.list()).rejects.toMatchObject(closed);
    await handoffs.close();
  });

  test("a delivery that is out is waited for and settled; the next relay does not repeat it", async () => {
    let asked = 0;
    const answer = Promise.withResolvers<{ type: "delivered" }>();
    const provider: Provider = {
      name: "slow",
      deliver: async () => {
        asked += 1;
        return answer.promise;
      },
    };
    const handoffs = await openHandoffs({ store, provider, settings: { pollMs: 10, deliverMs: 60_000 } });
    await handoffs.record(recordRequest());
    await eventually(
      async () => asked,
      (times) => times === 1,
    );
    const closing = handoffs.close();
    answer.resolve({ type: "delivered" });
    await closing;
    if (store === "memory:") return;
    await using next = await openHandoffs({ store, provider, settings: { pollMs: 10 } });
    expect(await next.outbox.counts()).toMatchObject({ waiting: 0, sending: 0, delivered: 1 });
    expect(asked).toBe(1);
  });
});

test("one intent id for two conversations is refused for good, and not put off", async () => {
  for (const store of ["memory:", `sqlite:${join(folder, "ids.db")}`]) {
    await using handoffs = await openHandoffs({ store, relay: false, settings: { recordMs: 600_000 } });
    const first = recordRequest({ tenant: "acme" });
    await handoffs.record(first);
    const other = { ...first, tenant: "globex" };
    await expect(handoffs.record(other)).rejects.toMatchObject({ code: "STORE_REFUSED", retry: "never" });
    expect(await handoffs.canReply(other)).toBe(true);
    expect(await handoffs.record(first)).toMatchObject({ verdict: "recorded" });
  }
});

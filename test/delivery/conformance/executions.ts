/** Executions by id: claimed, waited for, replayed, freed, or found lost. */
import { expect, test } from "@jest/globals";
import { createMemoryStore, openStore } from "../../../delivery/open-store.ts";
import type { HandoffStore as Store } from "../../../delivery/store-schema.ts";
import { storeAnswerLost } from "../../../storage/store.ts";
import { beginRequest, outcomeOf, recordRequest } from "../fixtures.ts";
import type { StoreInUse } from "./store.ts";

export function executions(use: StoreInUse): void {
  test("an execution id gives its stored outcome again, and nothing runs twice", async () => {
    const run = beginRequest();
    expect(await use.shared.begin(run)).toMatchObject({ epoch: 0, handedOff: false });
    const outcome = outcomeOf(run.executionId);
    await use.shared.end(run.tenant, run.executionId, outcome);
    expect(await use.shared.begin(run)).toEqual({ replay: outcome });
    await expect(use.shared.begin({ ...run, inputHash: "another" })).rejects.toMatchObject({
      code: "EXECUTION_MISMATCH",
    });
    expect(await use.shared.begin({ ...run, tenant: "globex", inputHash: "another" })).toMatchObject({ epoch: 0 });
  });

  test("a second call waits while the first runs, in this process or another", async () => {
    const run = beginRequest();
    await use.shared.begin(run);
    const other = use.again === null ? use.shared : await use.open();
    const waiting = [use.shared.begin(run), other.begin(run)];
    const outcome = outcomeOf(run.executionId);
    await use.shared.end(run.tenant, run.executionId, outcome);
    expect(await Promise.all(waiting)).toEqual([{ replay: outcome }, { replay: outcome }]);
  });

  test("a run that was refused frees its execution id", async () => {
    const run = beginRequest();
    await use.shared.begin(run);
    await use.shared.end(run.tenant, run.executionId, outcomeOf(run.executionId, { status: "refused" }));
    expect(await use.shared.begin({ ...run, inputHash: "another" })).toMatchObject({ handedOff: false });
  });

  test("the value that a fired transfer discarded is not stored, even if it is handed in", async () => {
    const run = beginRequest();
    await use.shared.begin(run);
    const fired = outcomeOf(run.executionId, {
      returnValue: "secret",
      handoff: {
        kind: "phone_transfer",
        intentId: "i",
        reason: null,
        phoneDestination: "+15551234567",
        state: "fired",
      },
    });
    await use.shared.end(run.tenant, run.executionId, fired);
    expect(JSON.stringify(await use.shared.begin(run))).not.toContain("secret");
  });

  test("test and mock runs leave no rows, and cannot", async () => {
    for (const environment of ["test", "mock"] as const) {
      const run = beginRequest({ environment });
      await use.shared.begin(run);
      const { executionId, conversationId } = run;
      const claim = recordRequest({ executionId, conversationId: conversationId ?? "" });
      await expect(use.shared.record(claim)).rejects.toMatchObject({ code: "HANDOFF_OUTSIDE_PRODUCTION" });
      expect(await use.shared.outbox.list({ conversationId: claim.conversationId })).toEqual([]);
      await use.shared.end(run.tenant, executionId, outcomeOf(executionId));
    }
  });

  test("a begin whose answer was lost is asked again, and is the same execution", async () => {
    const opened = use.again === null ? createMemoryStore() : await openStore(use.again);
    let lost = 0;
    const lossy: Store = {
      ...opened,
      async run(name, input) {
        const result = await opened.run(name, input);
        if (name === "begin" && (lost += 1) === 1) throw storeAnswerLost("gone");
        return result;
      },
    };
    const handoffs = await use.open({ store: lossy });
    const run = beginRequest();
    expect(await handoffs.begin(run)).toEqual({ epoch: 0, handedOff: false });
    const outcome = outcomeOf(run.executionId);
    await handoffs.end(run.tenant, run.executionId, outcome);
    expect(await handoffs.begin(run)).toEqual({ replay: outcome });
  });

  test("an execution whose process is gone comes back as crashed, with its hand-off", async () => {
    if (use.again === null) return;
    const dead = await use.open({ settings: { executionLeaseMs: 150 } });
    const run = beginRequest();
    await dead.begin(run);
    const claim = recordRequest({
      executionId: run.executionId,
      conversationId: run.conversationId ?? "",
      reason: "why",
    });
    await dead.record(claim);
    await dead.close();
    const found = await use.shared.begin(run);
    expect(found).toMatchObject({
      replay: {
        status: "crashed",
        error: { code: "EXECUTION_LOST", retry: "unsafe" },
        handoff: { kind: "handoff", intentId: claim.intentId, state: "recorded" },
        intents: [{ verdict: "recorded", reason: "why" }],
        bot: { mayReplyNow: true, mayReplyLater: false },
      },
    });
    expect(await use.shared.begin(run)).toEqual(found);
  });

  test("a long execution in a process that lives is waited for, beyond its first lease", async () => {
    if (use.again === null) return;
    const alive = await use.open({ settings: { executionLeaseMs: 1500 } });
    const run = beginRequest();
    await alive.begin(run);
    const waiting = use.shared.begin(run);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await alive.end(run.tenant, run.executionId, outcomeOf(run.executionId));
    expect(await waiting).toMatchObject({ replay: { status: "returned" } });
  });
}

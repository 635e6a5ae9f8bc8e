// The transitions of a transfer and of its row in the outbox, and the transactions on memory, case by case.
import { describe, expect, test } from "@jest/globals";
import { firstState, moveTransfer, nextState, stateOf, type TransferEvent } from "../../delivery/conversation.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import type { Entry, ExecutionRow, HandoffRow, HandoffState, OutboxRow } from "../../delivery/rows.ts";
import { runAtOnce } from "../../storage/statements.ts";
import { memoryAnswers } from "../../delivery/memory-answers.ts";
import { createMemoryRows } from "../../delivery/memory-rows.ts";
import { ask } from "../../delivery/statements/questions.ts";

const STATES: readonly HandoffState[] = [
  "handed_off",
  "transferring",
  "transferred",
  "transfer_failed",
  "transfer_unknown",
];
const EVENTS: readonly TransferEvent[] = ["accepted", "refused", "expired", "unknown", "failed"];
const DRAWN: Readonly<Record<HandoffState, Partial<Record<TransferEvent, HandoffState>>>> = {
  handed_off: {},
  transferring: {
    accepted: "transferred",
    refused: "transfer_failed",
    expired: "transfer_failed",
    unknown: "transfer_unknown",
    failed: "transfer_failed",
  },
  transferred: { failed: "transfer_failed" },
  transfer_failed: {},
  transfer_unknown: { accepted: "transferred", refused: "transfer_failed", failed: "transfer_failed" },
};

test.each(STATES.flatMap((state) => EVENTS.map((event) => [state, event] as const)))("%s, then %s", (state, event) => {
  expect(nextState(state, event)).toBe(DRAWN[state][event] ?? null);
});

const handoff = (of: Partial<HandoffRow> = {}): HandoffRow => ({
  intentId: "i",
  tenant: "acme",
  conversationId: "c",
  epoch: 0,
  executionId: "e",
  kind: "phone_transfer",
  state: "transferring",
  code: null,
  reason: "why",
  phoneDestination: "+15551234567",
  call: "{}",
  createdAt: 1000,
  handedBackAt: null,
  purgedAt: null,
  ...of,
});
const outbox = (of: Partial<OutboxRow> = {}): OutboxRow => ({
  intentId: "i",
  task: "dial",
  status: "sending",
  attempts: 1,
  triedSince: null,
  nextAt: 1000,
  leaseToken: 1,
  leaseOwner: "me",
  leaseUntil: 9000,
  code: null,
  settledAt: null,
  ...of,
});
const FREE = { leaseOwner: null, leaseUntil: null };

describe("what a finding makes of a transfer and its row", () => {
  test.each<[string, TransferEvent, object, Partial<HandoffRow>, Partial<OutboxRow>]>([
    ["accepted", "accepted", {}, { state: "transferred" }, { status: "delivered", settledAt: 5000 }],
    [
      "unknown, and the provider can be asked",
      "unknown",
      { reconcile: true },
      { state: "transfer_unknown" },
      { task: "reconcile", status: "waiting", attempts: 0, nextAt: 5000, settledAt: null },
    ],
    [
      "unknown for good",
      "unknown",
      { reconcile: false },
      { state: "transfer_unknown" },
      { task: "reconcile", status: "dead", settledAt: 5000 },
    ],
    [
      "refused",
      "refused",
      {},
      { state: "transfer_failed", kind: "handoff", phoneDestination: null },
      { task: "deliver", status: "waiting", attempts: 0, nextAt: 5000, settledAt: null },
    ],
  ])("%s", (_name, event, more, row, settled) => {
    expect(moveTransfer(handoff(), outbox(), { event, code: "why", now: 5000, ...more })).toEqual({
      handoff: handoff({ ...row, code: "why" }),
      outbox: outbox({ ...FREE, code: "why", ...settled }),
      change: row.state,
    });
  });

  test("a failed one of a conversation that was handed back owes no human", () => {
    const back = handoff({ handedBackAt: 4000 });
    expect(moveTransfer(back, outbox(), { event: "failed", code: null, now: 5000 })).toMatchObject({
      handoff: { state: "transfer_failed", handedBackAt: 4000 },
      outbox: { task: "deliver", status: "dead", settledAt: 5000 },
    });
  });

  test("what comes late changes nothing", () => {
    expect(
      moveTransfer(handoff({ state: "transferred" }), outbox(), { event: "unknown", code: null, now: 1 }),
    ).toBeNull();
  });
});

test("the first state, and that of a conversation", () => {
  expect(firstState("handoff", true)).toBe("handed_off");
  expect(firstState("handoff", false)).toBe("handed_off");
  expect(firstState("phone_transfer", true)).toBe("transferring");
  expect(firstState("phone_transfer", false)).toBe("transferred");
  expect(stateOf(null)).toBe("bot");
  expect(stateOf(handoff({ handedBackAt: 1 }))).toBe("bot");
  expect(stateOf(handoff())).toBe("transferring");
});

/** A store with these rows in it. */
function storeWith(entries: readonly Entry[], executions: readonly ExecutionRow[] = []) {
  const rows = createMemoryRows();
  const answers = memoryAnswers(rows);
  for (const { outbox: row, ...of } of entries) {
    const insert = function* () {
      yield* ask("insertClaim", { handoff: of, outbox: row });
      yield* ask("writeHandoff", of);
      yield* ask("writeOutbox", row);
    };
    runAtOnce(insert(), answers as never);
  }
  for (const row of executions) answers.insertExecution(row);
  const changes = (): string[] => [...rows.changes.values()].map(({ type }) => type).slice(entries.length);
  return {
    rows,
    changes,
    store: createMemoryStore(rows),
    row: (id = "i") => rows.outbox.get(id),
    handoff: (id = "i") => rows.handoffs.get(id),
  };
}
const entry = (of: Partial<HandoffRow> = {}, row: Partial<OutboxRow> = {}): Entry => ({
  ...handoff(of),
  outbox: outbox({ intentId: of.intentId ?? "i", ...row }),
});

describe("retry and drop", () => {
  const SENDING = "The row is being sent: a call to the provider is in progress.";
  const DELIVERED = "The row was delivered already.";
  const waiting = { task: "deliver", status: "waiting", attempts: 3, ...FREE, nextAt: 9000 } as const;
  test.each<[string, Partial<OutboxRow>, Partial<HandoffRow>, string | null, string | null]>([
    ["sending", { status: "sending" }, {}, SENDING, SENDING],
    ["delivered", { ...waiting, status: "delivered" }, {}, DELIVERED, DELIVERED],
    [
      "a dial that waits",
      { status: "waiting" },
      {},
      "A phone transfer is attempted at most once, so its row cannot be retried.",
      null,
    ],
    [
      "handed back",
      { ...waiting, status: "dead" },
      { handedBackAt: 1 },
      "The conversation was handed back to the bot, so there is nothing left to deliver.",
      null,
    ],
    ["to be taken back", { ...waiting, task: "withdraw" }, { handedBackAt: 1 }, null, null],
    ["waiting", waiting, {}, null, null],
    ["dead", { ...waiting, status: "dead", settledAt: 4000, code: "why" }, {}, null, null],
  ])("of a row that is %s", async (_name, row, of, retried, dropped) => {
    for (const [verb, message] of [
      ["retry", retried],
      ["drop", dropped],
    ] as const) {
      const { store, row: now, changes } = storeWith([entry(of, row)]);
      const answer = await store.run(verb, { intentId: "i", now: 5000 });
      if (message !== null) {
        expect(answer).toEqual({ type: "refused", message });
        expect(now()).toEqual(outbox(row));
        expect(changes()).toEqual([]);
      } else if (verb === "retry") {
        expect(answer).toMatchObject({ type: "retried", entry: { intentId: "i" } });
        expect(now()).toEqual(
          outbox({ ...row, ...FREE, status: "waiting", attempts: 0, nextAt: 5000, leaseToken: 2, settledAt: null }),
        );
        expect(changes()).toEqual([]);
      } else {
        expect(answer).toMatchObject({ type: "dropped", entry: { intentId: "i" } });
        expect(now()).toEqual(
          outbox({ ...row, ...FREE, status: "dead", code: "dropped", leaseToken: 2, settledAt: 5000 }),
        );
        expect(changes()).toEqual(["dead"]);
      }
    }
  });

  test("of a row that is not there, and of one that was dropped before", async () => {
    const { store, row, changes } = storeWith([
      entry({}, { ...waiting, status: "dead", code: "dropped", settledAt: 1 }),
    ]);
    expect(await store.run("retry", { intentId: "x", now: 1 })).toEqual({ type: "missing" });
    expect(await store.run("drop", { intentId: "x", now: 1 })).toEqual({ type: "missing" });
    expect(await store.run("drop", { intentId: "i", now: 5000 })).toMatchObject({ type: "dropped" });
    expect(row()).toMatchObject({ leaseToken: 1, settledAt: 1 });
    expect(changes()).toEqual([]);
  });
});

describe("handing back", () => {
  const back = async (row: Partial<OutboxRow>, of: Partial<HandoffRow> = {}) => {
    const world = storeWith([entry({ kind: "handoff", state: "handed_off", ...of }, row)]);
    const answer = await world.store.run("handBack", { tenant: "acme", conversationId: "c", now: 5000 });
    return { ...world, answer };
  };
  const untried = { task: "deliver", status: "waiting", attempts: 0, ...FREE } as const;

  test("before it was tried: it goes no further", async () => {
    const { answer, row, handoff: now, changes } = await back(untried);
    expect(answer).toMatchObject({ intentId: "i", handedBackAt: 5000 });
    expect(now()).toMatchObject({ handedBackAt: 5000 });
    expect(row()).toEqual(outbox({ ...untried, status: "dead", code: "handed_back", settledAt: 5000 }));
    expect(changes()).toEqual(["handed_back"]);
  });

  test.each([
    [null, 5000],
    [3000, 5000],
    [7000, 7000],
  ])("while it may be out until %s: it is taken back then", async (leaseUntil, nextAt) => {
    const { row } = await back({ ...untried, attempts: 2, triedSince: 100, leaseOwner: "relay", leaseUntil });
    const taken = {
      task: "withdraw",
      code: "handed_back",
      attempts: 0,
      triedSince: null,
      nextAt,
      leaseToken: 2,
    } as const;
    expect(row()).toEqual(outbox({ ...untried, ...taken }));
  });

  test.each<Partial<OutboxRow>>([
    { ...untried, status: "delivered" },
    { ...untried, status: "dead" },
    { status: "sending" },
    { ...untried, task: "reconcile", attempts: 1 },
    { ...untried, task: "withdraw", attempts: 1 },
  ])("leaves the row as it is: %j", async (row) => {
    const { row: now, changes } = await back(row);
    expect(now()).toEqual(outbox(row));
    expect(changes()).toEqual(["handed_back"]);
  });

  test("of a conversation that the bot has changes nothing", async () => {
    const { answer, changes } = await back(untried, { handedBackAt: 4000 });
    expect(answer).toBeNull();
    expect(changes()).toEqual([]);
    const { store } = storeWith([]);
    expect(await store.run("handBack", { tenant: "acme", conversationId: "c", now: 1 })).toBeNull();
  });
});

describe("the dial", () => {
  const dials = { status: "waiting", attempts: 0, ...FREE } as const;
  const start = (world: ReturnType<typeof storeWith>, now: number) =>
    world.store.run("startDial", { intentId: "i", owner: "me", now, dialWithinMs: 2000, until: now + 500 });

  test("begins within its time, and is written down before it is made", async () => {
    const world = storeWith([entry({}, dials)]);
    const begun = { status: "sending", attempts: 1, leaseToken: 2, leaseOwner: "me", leaseUntil: 3499 } as const;
    expect(await start(world, 2999)).toMatchObject({ type: "dial", entry: { intentId: "i", outbox: begun } });
    expect(world.row()).toEqual(outbox({ ...dials, ...begun }));
    expect(await start(world, 2999)).toEqual({ type: "settled", state: "transferring", sending: true });
  });

  test.each<[string, Partial<HandoffRow>, Partial<OutboxRow>, number, object]>([
    ["too late", {}, dials, 3000, { type: "settled", state: "transfer_failed", sending: false }],
    [
      "of no number",
      { phoneDestination: null },
      dials,
      1500,
      { type: "settled", state: "transfer_failed", sending: false },
    ],
    [
      "of another task",
      {},
      { ...dials, task: "deliver" },
      1500,
      { type: "settled", state: "transferring", sending: false },
    ],
    [
      "of a row that is dead",
      {},
      { ...dials, status: "dead" },
      1500,
      { type: "settled", state: "transferring", sending: false },
    ],
    [
      "of a transfer that is no more",
      { state: "transferred" },
      dials,
      1500,
      { type: "settled", state: "transferred", sending: false },
    ],
  ])("%s is none", async (name, of, row, now, answer) => {
    const world = storeWith([entry(of, row)]);
    expect(await start(world, now)).toEqual(answer);
    const code = { "too late": "transfer_expired", "of no number": "purged" }[name];
    if (code !== undefined) {
      expect(world.handoff()).toMatchObject({ kind: "handoff", state: "transfer_failed", code });
      expect(world.changes()).toEqual(["transfer_failed"]);
    }
  });

  test("of a hand-off that is not there", async () => {
    expect(await start(storeWith([]), 1)).toEqual({ type: "missing" });
    expect(
      await storeWith([]).store.run("settleTransfer", { intentId: "i", event: "accepted", code: null, now: 1 }),
    ).toBeNull();
  });

  test("is settled by who made it, and by a callback", async () => {
    const settle = async (by: string | undefined, row: Partial<OutboxRow> = {}) => {
      const { store } = storeWith([entry({}, row)]);
      const found = { intentId: "i", event: "accepted", code: null, now: 5000 } as const;
      return store.run("settleTransfer", by === undefined ? found : { ...found, by });
    };
    expect(await settle("me")).toBe("transferred");
    expect(await settle("another")).toBe("transferring");
    expect(await settle("another", { ...dials })).toBe("transferred");
    expect(await settle(undefined)).toBe("transferred");
  });

  test("is swept up where nobody made it in time, or who made it is gone", async () => {
    const world = storeWith([
      entry({ intentId: "late", conversationId: "1", createdAt: 1000 }, dials),
      entry({ intentId: "fresh", conversationId: "2", createdAt: 4000 }, dials),
      entry({ intentId: "gone", conversationId: "3" }, { leaseUntil: 5000 }),
      entry({ intentId: "alive", conversationId: "4" }, { leaseUntil: 5001 }),
    ]);
    const sweep = { now: 5000, dialWithinMs: 2000, limit: 10 };
    const { moved, dead } = await world.store.run("sweep", { ...sweep, reconcile: false });
    expect(moved).toBe(2);
    expect(dead).toMatchObject([{ intentId: "gone", state: "transfer_unknown", code: "dial_lost" }]);
    expect(world.handoff("late")).toMatchObject({ state: "transfer_failed", code: "transfer_expired" });
    expect(world.row("gone")).toMatchObject({ task: "reconcile", status: "dead" });
    expect(world.handoff("fresh")).toMatchObject({ state: "transferring" });
    expect(world.handoff("alive")).toMatchObject({ state: "transferring" });
    const asked = storeWith([entry({}, { leaseUntil: 5000 })]);
    expect(await asked.store.run("sweep", { ...sweep, reconcile: true })).toEqual({ moved: 1, dead: [] });
    expect(asked.row()).toMatchObject({ task: "reconcile", status: "waiting" });
  });
});

describe("executions", () => {
  const execution = (of: Partial<ExecutionRow> = {}): ExecutionRow => ({
    tenant: "acme",
    executionId: "e",
    inputHash: "h",
    conversationId: "c",
    owner: "me",
    leaseUntil: 2000,
    leaseMs: 900,
    lostAt: null,
    outcome: null,
    startedAt: 1000,
    expiresAt: 90_000,
    purgedAt: null,
    ...of,
  });
  const begin = (of: Partial<ExecutionRow>, found: readonly ExecutionRow[], now = 1500, answeredSince = 0) =>
    storeWith([], found).store.run("begin", {
      execution: execution({ owner: "other", ...of }),
      now,
      answeredSince,
    });

  test.each<[string, Partial<ExecutionRow>, readonly ExecutionRow[], number, number, string]>([
    ["a new one", {}, [], 1500, 0, "begun"],
    ["one that runs", {}, [execution()], 1999, 0, "running"],
    ["one whose lease is over", {}, [execution()], 2000, 0, "replay"],
    ["one whose lease is over, while the store was away", {}, [execution()], 2000, 1401, "running"],
    ["one whose lease is over, and its owner had time", {}, [execution()], 2000, 1400, "replay"],
    [
      "one whose lease was given by a clock that was set back",
      {},
      [execution({ leaseUntil: 9000 })],
      2000,
      0,
      "replay",
    ],
    ["one whose lease is the longest there is", {}, [execution({ leaseUntil: 3800 })], 2000, 0, "running"],
    ["the same attempt again", { owner: "me" }, [execution()], 1500, 0, "begun"],
    ["one that ended", {}, [execution({ outcome: "{}" })], 1500, 0, "replay"],
    ["one that ended, by the same attempt", { owner: "me" }, [execution({ outcome: "{}" })], 1500, 0, "replay"],
    ["one that is forgotten", {}, [execution({ outcome: "{}", expiresAt: 1500 })], 1500, 0, "begun"],
    ["another input", { inputHash: "x" }, [execution()], 1500, 0, "mismatch"],
  ])("%s", async (_name, of, found, now, answeredSince, type) => {
    expect(await begin(of, found, now, answeredSince)).toMatchObject({ type });
  });

  test("with an id that is made up leave no row", async () => {
    const world = storeWith([]);
    const { tenant } = execution();
    expect(await world.store.run("beginUnkept", { tenant, conversationId: null })).toEqual({
      type: "begun",
      standing: { epoch: 0, handedOff: false },
    });
    expect(world.rows.executions.size).toBe(0);
  });

  test("that are lost take their own outcome once, and keep what was purged away", async () => {
    const end = (found: ExecutionRow) => {
      const world = storeWith([], [found]);
      const outcome = JSON.stringify({
        executionId: "e",
        status: "returned",
        returnValue: "said",
        intents: [],
        logs: [],
        warnings: [],
        handoff: null,
      });
      const input = { tenant: "acme", executionId: "e", owner: "me", outcome, expiresAt: 7 };
      return world.store.run("end", input).then((kept) => ({ kept, row: [...world.rows.executions.values()][0] }));
    };
    expect(await end(execution())).toMatchObject({ kept: true, row: { expiresAt: 7, lostAt: null } });
    expect(await end(execution({ outcome: "{}", lostAt: 5 }))).toMatchObject({ kept: true, row: { lostAt: null } });
    expect(await end(execution({ outcome: "{}" }))).toMatchObject({ kept: false, row: { outcome: "{}" } });
    expect(await end(execution({ owner: "x" }))).toMatchObject({ kept: false });
    const purged = await end(execution({ purgedAt: 3 }));
    expect(purged.kept).toBe(true);
    expect(purged.row?.outcome).not.toContain("said");
  });
});

test("expiry takes settled hand-offs of earlier epochs, and of the newest what people said", async () => {
  const settled = { task: "deliver", status: "delivered", settledAt: 1500, ...FREE } as const;
  const world = storeWith([
    entry({ intentId: "old", epoch: 0, handedBackAt: 1600, kind: "handoff", state: "handed_off" }, settled),
    entry({ intentId: "new", epoch: 1, kind: "handoff", state: "handed_off" }, settled),
    entry({ intentId: "open", conversationId: "d" }, { task: "deliver", status: "waiting" }),
  ]);
  expect(await world.store.run("expire", { before: 9000, now: 9500, limit: 10 })).toBe(2);
  expect([...world.rows.handoffs.keys()]).toEqual(["new", "open"]);
  expect([...world.rows.outbox.keys()]).toEqual(["new", "open"]);
  expect(world.handoff("new")).toMatchObject({ reason: null, phoneDestination: null, call: null, purgedAt: 9500 });
});

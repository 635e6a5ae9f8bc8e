// The transactions, played on answers that a test writes down: what each asks its store, in which order, and what it makes of the answers.
import { describe, expect, test } from "@jest/globals";
import { operations } from "../../delivery/operations/index.ts";
import type { Entry, ExecutionRow } from "../../delivery/rows.ts";
import { runAtOnce, type Operation } from "../../storage/statements.ts";
import { outcomeOf } from "./fixtures.ts";

type Asked = readonly [name: string, input: unknown];

/** Plays an operation; a statement without an answer ends the test. */
function play<Result>(operation: Operation<Result>, answers: Readonly<Record<string, unknown>>) {
  const asked: Asked[] = [];
  const functions = Object.entries(answers).map(([name, answer]) => [
    name,
    (input: unknown) => {
      asked.push([name, input]);
      return typeof answer === "function" ? (answer as (input: unknown) => unknown)(input) : answer;
    },
  ]);
  const result = runAtOnce(operation, Object.fromEntries(functions));
  return { result, asked, names: asked.map(([name]) => name) };
}

const execution = (of: Partial<ExecutionRow> = {}): ExecutionRow => ({
  ...{ tenant: "acme", executionId: "e", inputHash: "hash", conversationId: "c", owner: "me", leaseUntil: 9000 },
  ...{ leaseMs: 900, lostAt: null, outcome: null, startedAt: 1000, expiresAt: 99_000, purgedAt: null },
  ...of,
});
const begin = (own: ExecutionRow, answers: Readonly<Record<string, unknown>>, now = 10_000) =>
  play(operations.begin({ execution: own, now, answeredSince: 0 }), answers);

describe("beginning an execution", () => {
  test("is tried eight times where its row comes and goes, and counts as running then", () => {
    const { result, names } = begin(execution(), { insertExecution: false, readExecution: null });
    expect(result).toEqual({ type: "running" });
    expect(names.filter((name) => name === "insertExecution")).toHaveLength(8);
  });

  test("without a conversation looks no hand-off up", () => {
    const { result } = begin(execution({ conversationId: null }), { insertExecution: true });
    expect(result).toEqual({ type: "begun", standing: { epoch: 0, handedOff: false } });
  });

  test("that is lost is told of what another wrote down first", () => {
    const lost = execution({ owner: "dead", leaseUntil: 100 });
    const rows = [lost, { ...lost, outcome: "the other's" }];
    const answers = { insertExecution: false, readExecution: () => rows.shift(), handoffsOfExecution: [] };
    const { result } = begin(execution(), { ...answers, finishExecution: false });
    expect(result).toEqual({ type: "replay", outcome: "the other's" });
  });

  test.each([null, 5000])("that is lost is told of what is stored, purged at %p", (purgedAt) => {
    const recorded = { ...entry(), reason: "my card 4111" };
    const found = execution({ owner: "dead", leaseUntil: 100, purgedAt });
    const answers = {
      insertExecution: false,
      readExecution: found,
      handoffsOfExecution: [recorded],
      finishExecution: true,
    };
    const { result, asked } = begin(execution(), answers);
    const stored = asked.find(([name]) => name === "finishExecution")?.[1] as {
      outcome: string;
      purged: boolean;
      overLost: boolean;
    };
    expect(result).toEqual({ type: "replay", outcome: stored.outcome });
    expect(stored).toMatchObject({ purged: purgedAt !== null, overLost: false, lostAt: 10_000, leaseUntil: 100 });
    expect(stored.outcome.includes("4111")).toBe(purgedAt === null);
    expect(JSON.parse(stored.outcome)).toMatchObject({ error: { code: "EXECUTION_LOST" } });
  });
});

describe("whether the one that runs an execution is gone", () => {
  const NOW = 10_000;
  const says = (found: Partial<ExecutionRow>, own: Partial<ExecutionRow> = {}, answeredSince = 0): string => {
    const input = { execution: execution(own), keep: true, now: NOW, answeredSince };
    const answers = { handoffsOfExecution: [], finishExecution: true };
    const row = execution({ owner: "other", ...found });
    return play(operations.begin(input), { insertExecution: false, readExecution: row, ...answers }).result.type;
  };

  test.each<[string, Partial<ExecutionRow>, Partial<ExecutionRow>, string]>([
    ["its lease goes on", { leaseUntil: NOW + 1 }, {}, "running"],
    ["its lease is over", { leaseUntil: NOW }, {}, "replay"],
    ["its lease reaches twice as far as one", { leaseUntil: NOW + 1800 }, {}, "running"],
    ["its lease reaches further", { leaseUntil: NOW + 1801 }, {}, "replay"],
    ["its own lease counts", { leaseUntil: NOW + 1000, leaseMs: 900 }, { leaseMs: 100 }, "running"],
    ["it does not say how long a lease is", { leaseUntil: NOW + 1000, leaseMs: null }, { leaseMs: 100 }, "replay"],
    ["neither does", { leaseUntil: NOW + 1000, leaseMs: null }, { leaseMs: null }, "running"],
    ["neither does, and it is over", { leaseUntil: NOW, leaseMs: null }, { leaseMs: null }, "replay"],
    ["a lease is as short as can be", { leaseUntil: NOW + 3, leaseMs: 1 }, {}, "replay"],
  ])("%s", (_, found, own, type) => {
    expect(says(found, own)).toBe(type);
  });

  test.each([
    [NOW - 600, "replay"],
    [NOW - 599, "running"],
  ])("is not judged before the store has answered since %i", (answeredSince, type) => {
    expect(says({ leaseUntil: 100, leaseMs: 900 }, {}, answeredSince)).toBe(type);
  });
});

test("of two hand-backs that met at the lock the second finds it done", () => {
  const { outbox: _outbox, ...row } = entry();
  const of = { tenant: "acme", conversationId: "c", now: 5000 };
  const done = { ...entry(), handedBackAt: 4000 };
  const { result, names } = play(operations.handBack(of), { lockLatestHandoff: row, lockEntry: done });
  expect(result).toBeNull();
  expect(names).toEqual(["lockLatestHandoff", "lockEntry"]);
});

test.each([
  ["execution", "readExecution", { tenant: "acme", executionId: "e" }, null],
  ["heartbeat", "extendExecutions", { owners: ["me"], leaseUntil: 5 }, undefined],
  ["dropExpired", "dropExpired", { now: 5, changesBefore: 1 }, undefined],
  ["renew", "renewLeases", { owner: "me", intentIds: ["i"], until: 5 }, ["i"]],
  ["count", "countEntries", { status: null, tenant: "acme" }, [{ status: "dead", rows: 1 }]],
  ["list", "listEntries", { filter: {}, after: null, limit: 1 }, ["entry"]],
  ["show", "readEntry", { intentId: "i" }, "entry"],
  ["lease", "leaseDue", { limit: 1 }, ["entry"]],
  ["settle", "settleLease", { outbox: {}, change: null }, true],
  ["numberChanges", "numberChanges", { limit: 5 }, true],
  ["lastChange", "lastChange", null, "7"],
  ["standing", "latestHandoff", { tenant: "acme", conversationId: "c" }, null],
  ["latest", "latestHandoff", { tenant: "acme", conversationId: "c" }, "row"],
] as const)("%s asks %s what it was asked, and gives the answer", (name, statement, input, answer) => {
  const start = operations[name] as unknown as (input: unknown) => Operation<unknown>;
  const { result, asked } = play(start(input), { [statement]: answer });
  expect(asked).toEqual([[statement, input]]);
  if (name !== "standing") expect(result).toEqual(answer);
});

test("what a clock put off too far is rewound: pauses, leases and transfers", () => {
  const input = { now: 5, farthest: 9 };
  const { asked } = play(operations.rewind(input), { rewindPauses: null, rewindLeases: null, rewindTransfers: null });
  expect(asked).toEqual([
    ["rewindPauses", input],
    ["rewindLeases", input],
    ["rewindTransfers", input],
  ]);
});

describe("reading changes", () => {
  const read = (after: string, answers: Readonly<Record<string, unknown>>) =>
    play(operations.changesAfter({ after, limit: 9 }), answers);

  test("after a cursor of today", () => {
    const { result, asked } = read("5", { changesAfter: ["change"] });
    expect(asked).toEqual([["changesAfter", { after: "5", limit: 9 }]]);
    expect(result).toEqual({ changes: ["change"], unnumbered: false });
  });

  test("after one of the first release", () => {
    const { asked } = read("12:7", { cursorOfOld: "3", changesAfter: ["change"] });
    expect(asked).toEqual([
      ["cursorOfOld", { xid: "12", seq: 7 }],
      ["changesAfter", { after: "3", limit: 9 }],
    ]);
  });

  test.each([true, false])("where there are none it is asked whether some have no number yet: %p", (unnumbered) => {
    const { result, names } = read("5", { changesAfter: [], unnumberedChanges: unnumbered });
    expect(names).toEqual(["changesAfter", "unnumberedChanges"]);
    expect(result).toEqual({ changes: [], unnumbered });
  });
});

function entry(): Entry {
  const { intentId, ...outbox } = { intentId: "i", ...FRESH };
  return {
    ...{ intentId, tenant: "acme", conversationId: "c", epoch: 0, executionId: "e", kind: "handoff" },
    ...{ state: "handed_off", code: null, reason: "why", phoneDestination: "+15551234567", call: "{}" },
    ...{ createdAt: 1000, handedBackAt: null, purgedAt: null },
    outbox: { intentId, ...outbox },
  } as Entry;
}
const FRESH = {
  ...{ task: "deliver", status: "waiting", attempts: 0, triedSince: null, nextAt: 1000, leaseToken: 0 },
  ...{ leaseOwner: null, leaseUntil: null, code: null, settledAt: null },
};

describe("purging", () => {
  const input = { tenant: "acme", conversationId: "c", before: null, now: 5000, limit: 9 };
  const purge = (answers: Readonly<Record<string, unknown>>) => play(operations.purge(input), answers);

  test("writes the row without what was said, and one change", () => {
    const { outbox: _outbox, ...row } = entry();
    const { result, asked } = purge({
      ...{ handoffsToPurge: [entry()], lockEntry: entry(), writeHandoff: null, insertChange: null },
      executionsToPurge: [],
    });
    const [, selection] = asked[0] as Asked;
    expect(selection).toEqual({ tenant: "acme", conversationId: "c", before: null, limit: 9 });
    expect(asked.slice(1, 4)).toEqual([
      ["lockEntry", { intentId: "i" }],
      ["writeHandoff", { ...row, reason: null, phoneDestination: null, call: null, purgedAt: 5000 }],
      [
        "insertChange",
        { at: 5000, tenant: "acme", conversationId: "c", epoch: 0, intentId: "i", type: "purged", ids: null },
      ],
    ]);
    expect(result).toEqual({ handoffs: 1, executions: 0, found: 1 });
  });

  test("leaves alone what is gone by the time that it is held", () => {
    const { names } = purge({ handoffsToPurge: [entry()], lockEntry: null, executionsToPurge: [] });
    expect(names).toEqual(["handoffsToPurge", "lockEntry", "executionsToPurge"]);
  });

  test("redacts the outcomes of what ended, marks what runs, and counts what it wrote", () => {
    const outcome = JSON.stringify(outcomeOf("e", { returnValue: "my card 4111" }));
    const rows = [execution({ outcome }), execution({ executionId: "running" }), execution({ executionId: "changed" })];
    const done = ({ executionId }: { executionId: string }) => executionId !== "changed";
    const { result, asked } = purge({ handoffsToPurge: [], executionsToPurge: rows, purgeExecution: done });
    const written = asked.filter(([name]) => name === "purgeExecution").map(([, of]) => of as Record<string, unknown>);
    expect(written.map(({ executionId, purgedAt }) => [executionId, purgedAt])).toEqual([
      ["e", 5000],
      ["running", 5000],
      ["changed", 5000],
    ]);
    expect(String(written[0]?.["outcome"])).not.toContain("4111");
    expect(JSON.parse(String(written[0]?.["outcome"]))).toMatchObject({ returnValue: null });
    expect(written[1]).toMatchObject({ tenant: "acme", outcome: null });
    expect(result).toEqual({ handoffs: 0, executions: 2, found: 3 });
  });
});

describe("sweeping up dials", () => {
  const dial = (outbox: object, of: object = {}): Entry => {
    const row = { ...entry(), kind: "phone_transfer", state: "transferring", ...of };
    return { ...row, outbox: { ...row.outbox, task: "dial", ...outbox } } as Entry;
  };
  const WRITES = { writeHandoff: null, writeOutbox: null, insertChange: null };
  const sweep = (found: Entry | null, reconcile = false) =>
    play(operations.sweep({ now: 5000, dialWithinMs: 1000, reconcile, limit: 9 }), {
      ...{ overdueTransfers: [{ intentId: "i" }], lockEntry: found },
      ...WRITES,
    });
  const written = (swept: ReturnType<typeof sweep>) => swept.asked.find(([name]) => name === "writeHandoff")?.[1];

  test("asks for what was recorded before the dial's time", () => {
    expect(sweep(null).asked[0]).toEqual(["overdueTransfers", { now: 5000, recordedBefore: 4000, limit: 9 }]);
  });

  test.each([
    ["is gone", null],
    ["is no dial any more", dial({ task: "deliver" })],
    ["is dialled at this moment", dial({ status: "sending", leaseUntil: 5001 })],
    ["is dialled without an end", dial({ status: "sending", leaseUntil: null })],
    ["has moved meanwhile", dial({ status: "waiting" }, { state: "handed_off" })],
  ])("leaves alone what %s by the time that it is held", (_, found) => {
    const swept = sweep(found);
    expect(swept.names).toEqual(["overdueTransfers", "lockEntry"]);
    expect(swept.result).toEqual({ moved: 0, dead: [] });
  });

  test.each([null, 4000, 9000])("one that waits is a hand-off now, whatever an older lease says: %p", (leaseUntil) => {
    const swept = sweep(dial({ status: "waiting", leaseUntil }));
    expect(written(swept)).toMatchObject({ state: "transfer_failed", kind: "handoff", code: "transfer_expired" });
    expect(swept.result).toEqual({ moved: 1, dead: [] });
  });

  test.each([true, false])(
    "one whose dialler is gone is unknown, and dead where nobody can be asked: %p",
    (reconcile) => {
      const lost = dial({ status: "sending", leaseUntil: 5000 });
      const swept = sweep(lost, reconcile);
      expect(written(swept)).toMatchObject({ state: "transfer_unknown", code: "dial_lost" });
      const dead = { ...lost, state: "transfer_unknown", code: "dial_lost" };
      expect(swept.result).toEqual({ moved: 1, dead: reconcile ? [] : [dead] });
    },
  );
});

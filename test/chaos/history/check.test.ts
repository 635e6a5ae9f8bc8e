// The checker of histories: an honest one passes, and for each violation that it can name there is a history in which that one thing is broken.
import { expect, test } from "@jest/globals";
import { check, VIOLATIONS, type ViolationName } from "./check.ts";
import type { Entry, Row } from "./history.ts";

const CHAT = { tenant: "acme", conversationId: "chat" };
const CALL = { tenant: "acme", conversationId: "call" };

const told = (intentId: string, of: Partial<Extract<Entry, { saw: "answer" }>> = {}): Entry => ({
  saw: "answer",
  executionId: `run of ${intentId}`,
  environment: "production",
  channel: "chat",
  epoch: 0,
  intentId,
  kind: "handoff",
  verdict: "recorded",
  ...CHAT,
  ...of,
});
const row = (intentId: string, of: Partial<Row> = {}): Row => ({
  intentId,
  executionId: `run of ${intentId}`,
  epoch: 0,
  kind: "handoff",
  state: "handed_off",
  handedBack: false,
  task: "deliver",
  status: "delivered",
  code: null,
  ...CHAT,
  ...of,
});
const outcome = (executionId: string, of: Partial<Extract<Entry, { saw: "outcome" }>> = {}): Entry => ({
  saw: "outcome",
  executionId,
  replay: true,
  lost: false,
  transferred: false,
  showsValue: true,
  digest: "one",
  ...of,
});
const store = (...rows: readonly Row[]): Entry => ({ saw: "store", rows });

const PHONE = { kind: "phone_transfer", state: "transferred", task: "dial", ...CALL } as const;

/** A chat that went to a desk, a call that was put through, one that went unknown, and a hand-off that was handed back and made anew. */
const ROWS: readonly Row[] = [
  row("h1", { handedBack: true }),
  row("h2", { epoch: 1, executionId: "r2" }),
  row("t1", { ...PHONE, executionId: "r3" }),
  row("t2", { ...PHONE, executionId: "r4", conversationId: "call 2", state: "transfer_unknown", status: "dead" }),
];
const HONEST: readonly Entry[] = [
  { saw: "run", executionId: "run of h1" },
  told("h1"),
  { saw: "delivery", intentId: "h1" },
  { saw: "may_reply", may: false, rows: ROWS, ...CALL },
  { saw: "may_reply", may: true, rows: [row("h1", { handedBack: true })], ...CHAT },
  { saw: "run", executionId: "r2" },
  told("h2", { executionId: "r2", epoch: 1 }),
  told("h2b", { executionId: "r2b", epoch: 1, verdict: "already_handed_off" }),
  told("h2c", { executionId: "r2c", epoch: 1, verdict: "rejected" }),
  // At least once: a desk drops the second by its key.
  { saw: "delivery", intentId: "h2" },
  { saw: "delivery", intentId: "h2" },
  told("t1", { executionId: "r3", channel: "phone", kind: "phone_transfer", ...CALL }),
  { saw: "dial", intentId: "t1" },
  told("t2", { executionId: "r4", channel: "phone", kind: "phone_transfer", ...CALL, conversationId: "call 2" }),
  told("s1", { executionId: "r5", environment: "test", verdict: "skipped" }),
  outcome("r3", { transferred: true, showsValue: false, replay: false }),
  outcome("r3", { transferred: true, showsValue: false }),
  outcome("r2", { lost: true, digest: "lost" }),
  outcome("r2"),
  outcome("r2"),
  store(...ROWS),
];

const without = (drop: (entry: Entry) => boolean): Entry[] => HONEST.filter((entry) => !drop(entry));
const withRows = (change: (row: Row) => Row | null): Entry[] => [
  ...HONEST.slice(0, -1),
  store(...ROWS.map(change).filter((each) => each !== null)),
];
const changed = (intentId: string, of: Partial<Row>): Entry[] =>
  withRows((each) => (each.intentId === intentId ? { ...each, ...of } : each));
const plus = (...entries: readonly Entry[]): Entry[] => [...HONEST.slice(0, -1), ...entries, store(...ROWS)];

const BROKEN: Readonly<Record<ViolationName, readonly Entry[]>> = {
  "acknowledged-lost": plus(told("h9", { conversationId: "elsewhere" })),
  "denied-but-recorded": plus(told("h2", { executionId: "r2", epoch: 1, verdict: "rejected" })),
  "two-winners": [
    ...plus(told("h3", { epoch: 1 }), { saw: "delivery", intentId: "h3" }).slice(0, -1),
    store(...ROWS, row("h3", { epoch: 1 })),
  ],
  "two-holders": [...plus({ saw: "delivery", intentId: "h3" }).slice(0, -1), store(...ROWS, row("h3", { epoch: 1 }))],
  "ran-twice": plus({ saw: "run", executionId: "r2" }),
  "outcome-changed": plus(outcome("r2", { digest: "another" })),
  "value-leaked": plus(outcome("r3", { transferred: true, showsValue: true })),
  "dialled-twice": plus({ saw: "dial", intentId: "t1" }),
  "dialled-unrecorded": plus({ saw: "dial", intentId: "t9" }),
  "dialled-denied": [
    ...plus({ saw: "delivery", intentId: "t1" }).slice(0, -1),
    store(
      ...ROWS.map((each) => (each.intentId === "t1" ? { ...each, state: "transfer_failed", task: "deliver" } : each)),
    ),
  ],
  "dialled-off-phone": [
    ...plus(told("h4", { conversationId: "chat 4" }), { saw: "dial", intentId: "h4" }).slice(0, -1),
    store(...ROWS, row("h4", { ...PHONE, executionId: "run of h4", conversationId: "chat 4" })),
  ],
  "transfer-unseen": plus()
    .slice(0, -1)
    .concat(store(...ROWS, row("t3", { ...PHONE, conversationId: "call 3" }))),
  "delivery-unseen": plus()
    .slice(0, -1)
    .concat(store(...ROWS, row("h5", { conversationId: "chat 5" }))),
  "delivered-unrecorded": plus({ saw: "delivery", intentId: "h9" }),
  "outside-production": plus({ saw: "delivery", intentId: "s1" })
    .slice(0, -1)
    .concat(store(...ROWS, row("s1", { executionId: "r5", conversationId: "chat 6" }))),
  "never-ends": changed("h2", { status: "waiting" }),
  "human-missing": [
    ...without((entry) => entry.saw === "delivery" && entry.intentId === "h2").slice(0, -1),
    store(...ROWS.map((each) => (each.intentId === "h2" ? { ...each, status: "dead" } : each))),
  ],
  "outbox-missing": changed("h2", { status: null, task: null }),
  "bot-spoke": plus({ saw: "may_reply", may: true, rows: ROWS, ...CALL }),
};

test("an honest history breaks no promise", () => {
  expect(check(HONEST)).toEqual([]);
});

/** What cannot be broken without another. */
const ALONG: Partial<Record<ViolationName, ViolationName>> = { "two-winners": "two-holders" };

test.each(Object.keys(VIOLATIONS) as ViolationName[])("%s is named, and nothing else", (name) => {
  const along = ALONG[name];
  const names = new Set(check(BROKEN[name]).map((violation) => violation.name));
  expect(names).toEqual(new Set(along === undefined ? [name] : [name, along]));
});

test("an outcome that gives way to a lost one is no late outcome of its own", () => {
  const history = plus(outcome("r6"), outcome("r6", { lost: true, digest: "lost" }));
  expect(check(history)).toEqual([{ name: "outcome-changed", of: "r6" }]);
});

/** The checker of histories: every answer is a promise that was broken, by name. It knows what was seen, and nothing of how it was made. */
import type { Entry, Row } from "./history.ts";

export const VIOLATIONS = {
  "acknowledged-lost": "an action was told that a human comes, and the store has no such hand-off",
  "denied-but-recorded": "an action was told that nothing was recorded, and the store has it",
  "two-winners": "two actions were told that their hand-off of one conversation and epoch was the one",
  "two-holders": "the store has two hand-offs of one conversation and epoch",
  "ran-twice": "one execution id ran twice",
  "outcome-changed": "one execution id had two outcomes",
  "value-leaked": "a value that a fired transfer discards was given out",
  "dialled-twice": "a caller was put through twice",
  "dialled-unrecorded": "a caller was put through for a hand-off that the store has not",
  "dialled-denied": "a caller was put through, and the store counts the transfer as failed",
  "dialled-off-phone": "a caller was put through in a conversation that is no call",
  "transfer-unseen": "the store counts a caller as put through, and no carrier was asked",
  "delivery-unseen": "the store counts a hand-off as delivered, and no desk has it",
  "delivered-unrecorded": "a desk has a hand-off that the store has not",
  "outside-production": "a test or mock run brought a hand-off about",
  "never-ends": "a hand-off is neither delivered nor given up once nothing stands in its way",
  "human-missing": "an action was told that a human comes, and none was told",
  "outbox-missing": "the store has a hand-off that nothing will deliver",
  "bot-spoke": "the bot may speak in a conversation that a human has",
} as const;
export type ViolationName = keyof typeof VIOLATIONS;

export interface Violation {
  readonly name: ViolationName;
  readonly of: string;
}

type Saw<Name extends Entry["saw"]> = Extract<Entry, { saw: Name }>;
type Report = (name: ViolationName, of: string) => void;

export function check(history: readonly Entry[]): Violation[] {
  const found = new Map<string, Violation>();
  const report: Report = (name, of) => void found.set(`${name} ${of}`, { name, of });
  const all = <Name extends Entry["saw"]>(saw: Name): Saw<Name>[] =>
    history.filter((entry): entry is Saw<Name> => entry.saw === saw);
  const rows = new Map((all("store").at(-1)?.rows ?? []).map((row) => [row.intentId, row]));
  checkExecutions(all("run"), all("outcome"), report);
  checkAnswers(all("answer"), rows, report);
  checkStore([...rows.values()], all("answer"), report);
  checkEnds({ rows, dials: all("dial"), deliveries: all("delivery"), answers: all("answer") }, report);
  checkSpeech(history, report);
  return [...found.values()];
}

function checkExecutions(runs: readonly Saw<"run">[], outcomes: readonly Saw<"outcome">[], report: Report): void {
  for (const [id, times] of Map.groupBy(runs, ({ executionId }) => executionId))
    if (times.length > 1) report("ran-twice", id);
  for (const [id, given] of Map.groupBy(outcomes, ({ executionId }) => executionId)) {
    const transferred = given.some((outcome) => outcome.transferred);
    if (transferred && given.some(({ showsValue }) => showsValue)) report("value-leaked", id);
    // One that was found lost may have its own outcome after all, and never the other way round.
    const replays = given.filter(({ replay }) => replay);
    const settled = replays.slice(replays.findLastIndex(({ lost }) => lost) + 1);
    const before = replays.slice(0, replays.length - settled.length);
    if (new Set(settled.map(({ digest }) => digest)).size > 1) report("outcome-changed", id);
    if (before.some(({ lost }) => !lost)) report("outcome-changed", id);
  }
}

function checkAnswers(answers: readonly Saw<"answer">[], rows: ReadonlyMap<string, Row>, report: Report): void {
  const winners = new Map<string, string>();
  for (const answer of answers) {
    const { intentId, verdict, tenant, conversationId, epoch } = answer;
    const row = rows.get(intentId);
    if (verdict === "rejected" && row !== undefined) report("denied-but-recorded", intentId);
    if (verdict !== "recorded") continue;
    const there = row?.tenant === tenant && row.conversationId === conversationId && row.epoch === epoch;
    if (!there) report("acknowledged-lost", intentId);
    const key = JSON.stringify([tenant, conversationId, epoch]);
    if ((winners.get(key) ?? intentId) !== intentId) report("two-winners", key);
    winners.set(key, intentId);
  }
}

function checkStore(rows: readonly Row[], answers: readonly Saw<"answer">[], report: Report): void {
  const byKey = Map.groupBy(rows, ({ tenant, conversationId, epoch }) =>
    JSON.stringify([tenant, conversationId, epoch]),
  );
  for (const [key, holders] of byKey) if (holders.length > 1) report("two-holders", key);
  const unreal = new Set(answers.filter(({ environment }) => environment !== "production").map((of) => of.executionId));
  for (const { intentId, status, executionId } of rows) {
    if (status === null) report("outbox-missing", intentId);
    if (status === "waiting" || status === "sending") report("never-ends", intentId);
    if (unreal.has(executionId)) report("outside-production", intentId);
  }
}

interface Ends {
  readonly rows: ReadonlyMap<string, Row>;
  readonly dials: readonly Saw<"dial">[];
  readonly deliveries: readonly Saw<"delivery">[];
  readonly answers: readonly Saw<"answer">[];
}

function checkEnds({ rows, dials, deliveries, answers }: Ends, report: Report): void {
  const dialled = Map.groupBy(dials, ({ intentId }) => intentId);
  const delivered = new Set(deliveries.map(({ intentId }) => intentId));
  const channels = new Map(answers.map(({ intentId, channel }) => [intentId, channel]));
  for (const [id, times] of dialled) {
    const row = rows.get(id);
    if (times.length > 1) report("dialled-twice", id);
    if (row === undefined) report("dialled-unrecorded", id);
    else if (row.state !== "transferred" && row.state !== "transfer_unknown") report("dialled-denied", id);
    if ((channels.get(id) ?? "phone") !== "phone") report("dialled-off-phone", id);
  }
  for (const id of delivered) if (!rows.has(id)) report("delivered-unrecorded", id);
  for (const row of rows.values()) {
    const { intentId, status, task, state } = row;
    if (state === "transferred" && !dialled.has(intentId)) report("transfer-unseen", intentId);
    if (status === "delivered" && task === "deliver" && !delivered.has(intentId)) report("delivery-unseen", intentId);
  }
  for (const { intentId, verdict } of answers) {
    const row = rows.get(intentId);
    if (verdict !== "recorded" || row === undefined || row.handedBack) continue;
    if (!delivered.has(intentId) && !dialled.has(intentId) && row.state !== "transfer_unknown")
      report("human-missing", intentId);
  }
}

/** A bot that may speak, against every hand-off that an action had been promised by then. */
function checkSpeech(history: readonly Entry[], report: Report): void {
  const told = new Set<string>();
  for (const entry of history) {
    if (entry.saw === "answer" && entry.verdict === "recorded") told.add(entry.intentId);
    if (entry.saw !== "may_reply" || !entry.may) continue;
    const { tenant, conversationId, rows } = entry;
    const own = rows.filter((row) => row.tenant === tenant && row.conversationId === conversationId);
    const newest = own.toSorted((a, b) => b.epoch - a.epoch)[0];
    if (newest !== undefined && !newest.handedBack && told.has(newest.intentId)) report("bot-spoke", newest.intentId);
  }
}

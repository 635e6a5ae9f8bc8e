/** The outbox as operators see it: pages, counts, one put to the front or let go, and many at once. */
import type { OutboxStatus, OutboxView } from "../../delivery/index.ts";
import { notFound } from "../fault.ts";
import type { Parts } from "../parts.ts";
import { audit } from "./audit.ts";
import { pageOf, readCursor, writeCursor } from "./cursor.ts";

interface Filter {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly status?: OutboxStatus | undefined;
  readonly conversation?: string | undefined;
}

const MINUTE_MS = 60_000;
/** Looked at for the age of the oldest; where more wait, it is at least so old. */
const LOOKED_AT = 1_000;
const NOT_OWED: ReadonlySet<string> = new Set(["dropped", "handed_back"]);

export async function outboxPage(parts: Parts, tenant: string | null, query: Filter): Promise<object> {
  const [after] = readCursor(query.cursor, "string") ?? [];
  const selection = {
    ...(tenant === null ? {} : { tenant }),
    ...(query.status === undefined ? {} : { status: query.status }),
    ...(query.conversation === undefined ? {} : { conversationId: query.conversation }),
  };
  const found = await parts.handoffs.outbox.list({
    ...selection,
    limit: query.limit + 1,
    ...(after === undefined ? {} : { after }),
  });
  const { rows: entries, next } = pageOf(found, query.limit, ({ cursor }) => writeCursor([cursor]));
  return { entries, next, counts: await counts(parts, tenant) };
}

/** Rows by status, and how long those that wait have waited. */
export async function counts(parts: Parts, tenant: string | null): Promise<object> {
  const of = tenant === null ? {} : { tenant };
  const now = parts.now();
  const { outbox } = parts.handoffs;
  const older = async (minutes: number): Promise<number> =>
    (await outbox.counts({ ...of, status: "waiting", before: new Date(now - minutes * MINUTE_MS) })).waiting;
  const [byStatus, dead, minute, tenMinutes, hour, sixHours, day, waiting] = await Promise.all([
    outbox.counts(of),
    outbox.list({ ...of, status: "dead", limit: LOOKED_AT }),
    older(1),
    older(10),
    older(60),
    older(360),
    older(1_440),
    outbox.list({ ...of, status: "waiting", limit: LOOKED_AT }),
  ]);
  const oldest = waiting.reduce((age, row) => Math.max(age, now - Date.parse(row.recordedAt)), 0);
  const waitingLongerThan = { "1m": minute, "10m": tenMinutes, "1h": hour, "6h": sixHours, "24h": day };
  // What was let go on purpose, and what came to nothing because the bot has the conversation again, is not owed any more.
  const settled = dead.filter(({ code }) => code !== null && NOT_OWED.has(code)).length;
  return {
    ...byStatus,
    owed: byStatus.dead - settled,
    waitingLongerThan,
    oldestWaitingSeconds: Math.round(oldest / 1000),
  };
}

export async function changeOutbox(
  parts: Parts,
  what: "retry" | "drop",
  { tenant, id }: { readonly tenant: string; readonly id: string },
  actor: string,
): Promise<OutboxView> {
  const before = await parts.handoffs.outbox.show(id);
  if (before === null || before.tenant !== tenant) throw notFound("hand-off");
  await parts.handoffs.outbox[what](id);
  await audit(parts, actor, `outbox.${what}`, tenant, id);
  return (await parts.handoffs.outbox.show(id)) ?? before;
}

interface Selection {
  readonly status?: "waiting" | "dead" | undefined;
  readonly code?: string | undefined;
  readonly conversation?: string | undefined;
}

export async function retryMany(
  parts: Parts,
  tenant: string,
  { status = "dead", code, conversation }: Selection,
): Promise<number> {
  const { outbox } = parts.handoffs;
  const selection = { tenant, status, ...(conversation === undefined ? {} : { conversationId: conversation }) };
  let retried = 0;
  if (code === undefined) {
    for await (const { done } of outbox.retryAll(selection)) if (done) retried += 1;
    return retried;
  }
  for (let after: string | undefined; ;) {
    const rows = await outbox.list({ ...selection, limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const row of rows.filter((one) => one.code === code)) {
      // One that was settled meanwhile needs no retry.
      const done = await outbox.retry(row.intentId).then(
        () => true,
        () => false,
      );
      if (done) retried += 1;
    }
    after = rows.at(-1)?.cursor;
    if (rows.length < PAGE) return retried;
  }
}

const PAGE = 200;

/** Server-sent events: of hand-offs, and of an action's log lines. A line that says nothing keeps proxies from hanging up. */
import { setTimeout as sleep } from "node:timers/promises";
import { createSlices } from "../../base/slices.ts";
import type { Change } from "../../delivery/index.ts";
import { invalid, notFound, ProblemError } from "../fault.ts";
import type { Parts } from "../parts.ts";
import { tenantOf, type Answer, type Handlers } from "./handler.ts";

const HEARTBEAT_MS = 15_000;
const LOG_POLL_MS = 250;
const LONG_BYTES = 16 * 1024;
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

/** Text, or bytes that several are sent. */
type Chunk = string | Buffer;

export const streamHandlers: Handlers<"tenantEvents" | "events" | "logs"> = {
  async tenantEvents(parts, { params, headers, hungUp }) {
    const after = await lastChange(parts, headers["last-event-id"]);
    return streaming(parts, params.tenant, hungUp, events(parts, params.tenant, after, hungUp));
  },
  async events(parts, { headers, hungUp }) {
    const after = await lastChange(parts, headers["last-event-id"]);
    return streaming(parts, null, hungUp, events(parts, null, after, hungUp));
  },
  async logs(parts, call) {
    const { params, query, headers, hungUp } = call;
    if (!tenantOf(call).actions.has(params.action)) throw notFound("action");
    await parts.recorder.flush().catch(() => {});
    const given = lastSeen(headers["last-event-id"], /^\d{1,15}$/);
    if (given !== null) await refuseAhead(given, async () => String(await parts.store.run("lastSettled", null)));
    const from = given !== null ? Number(given) : query.since === undefined ? null : 0;
    const since = query.since === undefined ? 0 : Date.parse(query.since);
    const lines = logLines(parts, { ...params, from, since, follow: query.follow === "true" }, hungUp);
    return streaming(parts, params.tenant, hungUp, lines);
  },
};

/** Null: none was seen. What no event of a stream was called cannot be gone on from. */
function lastSeen(header: string | undefined, shape = /^\d{1,19}(?::\d{1,19})?$/): string | null {
  if (header === undefined || header === "") return null;
  if (shape.test(header)) return header;
  throw invalid("headers.last-event-id", "expected the id of an event of this stream");
}

async function lastChange({ handoffs }: Parts, header: string | undefined): Promise<string | null> {
  const given = lastSeen(header);
  // Of a pair, which an older release wrote, the ledger itself knows what comes after it.
  if (given !== null && !given.includes(":")) await refuseAhead(given, () => handoffs.lastCursor());
  return given;
}

/**
 * An id that is ahead of the store is of another one, or of this one before an older copy of it was put back. Said within the stream, a listener that
 * comes back by itself would come with it for ever; waited for, all that happens meanwhile would be passed over. A store that is away says nothing.
 */
async function refuseAhead(given: string, newest: () => Promise<string>): Promise<void> {
  const last = await newest().catch(() => null);
  if (last === null || BigInt(given) <= BigInt(last)) return;
  throw new ProblemError(
    400,
    "CURSOR_INVALID",
    "headers.last-event-id is ahead of this store: begin without one, or with 0.",
  );
}

/** Of a tenant; null: of the platform's own. */
function streaming(parts: Parts, tenant: string | null, hungUp: AbortSignal, messages: AsyncGenerator<Chunk>): Answer {
  const leave = tenant === null ? () => {} : parts.underWay.listen(tenant);
  hungUp.addEventListener("abort", leave, { once: true });
  return { status: 200, headers: HEADERS, stream: kept(parts, hungUp, messages, leave) };
}

async function* kept(
  parts: Parts,
  hungUp: AbortSignal,
  messages: AsyncGenerator<Chunk>,
  leave: () => void,
): AsyncGenerator<Chunk> {
  const over = parts.metrics.listening();
  let timer: NodeJS.Timeout | null = null;
  try {
    yield ": connected\n\n";
    let next = messages.next();
    while (!hungUp.aborted) {
      const quiet = new Promise<"quiet">((resolve) => {
        timer = setTimeout(() => resolve("quiet"), HEARTBEAT_MS).unref();
      });
      const step = await Promise.race([next, quiet]);
      clearTimeout(timer ?? undefined);
      if (step === "quiet") yield ":\n\n";
      else if (step.done) return;
      else {
        yield step.value;
        next = messages.next();
      }
    }
  } finally {
    clearTimeout(timer ?? undefined);
    over();
    leave();
    void messages.return(undefined);
  }
}

async function* events(
  parts: Parts,
  tenant: string | null,
  after: string | null,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const change of parts.events.follow({ tenant, after, signal })) yield message(change);
}

function message(change: Change): string {
  const { cursor, type, ...data } = change;
  return `id: ${cursor}\nevent: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

interface Following {
  readonly tenant: string;
  readonly action: string;
  /** The number of the run after which to go on; null: from now. */
  readonly from: number | null;
  readonly since: number;
  readonly follow: boolean;
}

async function* logLines(parts: Parts, of: Following, signal: AbortSignal): AsyncGenerator<Buffer> {
  let after = of.from ?? (await parts.store.run("lastSettled", null));
  while (!signal.aborted && !parts.closed.aborted) {
    const runs = await parts.logPages.page(of.tenant, of.action, after).catch(() => []);
    for (const { after: own, settledAt, events } of runs) {
      after = own;
      if (settledAt === null || settledAt < of.since || events === null) continue;
      // All of a run at once: a step of the stream for each of a thousand lines costs more than they do. Of long ones a turn sends one.
      if (events.length > LONG_BYTES) await createSlices({ isSpent: true }).pause();
      yield events;
    }
    if (runs.length > 0) continue;
    if (!of.follow) return;
    await sleep(LOG_POLL_MS, undefined, { ref: false });
  }
}

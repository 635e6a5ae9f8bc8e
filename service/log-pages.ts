/**
 * Pages of runs as followers of their logs are sent them: read from the store and encoded once for all who follow an action, however many there are. What was
 * encoded last is kept for those who are a little behind.
 */
import { LRUCache } from "lru-cache";
import { parseJson } from "../base/large-json/read.ts";
import { createSlices, type Slices } from "../base/slices.ts";
import type { Outcome } from "../runtime/index.ts";
import type { RunHead } from "./store/operations/runs.ts";
import type { ServiceStore } from "./store/store.ts";

export interface LoggedRun {
  /** The number of the run among those that settled: what the next page comes after. */
  readonly after: number;
  readonly settledAt: number | null;
  /** Its lines and its end as events; null where it left no outcome. */
  readonly events: Buffer | null;
}

export interface LogPages {
  /** The runs that settled after that one, a few of them; none where nothing has. */
  page(tenant: string, action: string, after: number): Promise<readonly LoggedRun[]>;
}

/** Each may hold a megabyte of outcome. */
const RUNS = 5;
const KEPT_BYTES = 16 * 1024 * 1024;
const RUN_BYTES = 256;
/** Not long: what is deleted is not to be sent any more. */
const KEPT_MS = 5_000;
/** For so long nothing new is looked for: less than a follower waits between two looks. */
const EMPTY_MS = 200;
/** Lines that are written between two looks at the clock. */
const LINES = 64;

interface Page {
  readonly runs: Promise<readonly LoggedRun[]>;
  /** At first a guess, while it is under way. */
  readonly bytes: number;
}

export function createLogPages(store: Pick<ServiceStore, "run">): LogPages {
  const pages = new LRUCache<string, Page>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
    ttlAutopurge: true,
  });

  async function read(tenant: string, action: string, after: number): Promise<LoggedRun[]> {
    const rows = await store.run("settledAfter", { tenant, action, after, limit: RUNS });
    const slices = createSlices({ isSpent: true });
    const runs: LoggedRun[] = [];
    for (const row of rows) runs.push(await encode(row, runs.at(-1)?.after ?? after, slices));
    return runs;
  }
  return {
    page(tenant, action, after) {
      const name = JSON.stringify([tenant, action, after]);
      const known = pages.get(name);
      if (known !== undefined) return known.runs;
      const runs = read(tenant, action, after);
      const page = { runs, bytes: RUN_BYTES };
      pages.set(name, page, { ttl: KEPT_MS });
      runs.then(
        (found) => {
          if (pages.peek(name) !== page) return;
          const bytes = found.reduce((sum, { events }) => sum + RUN_BYTES + (events?.length ?? 0), RUN_BYTES);
          pages.set(name, { runs, bytes }, { ttl: found.length === 0 ? EMPTY_MS : KEPT_MS });
        },
        () => pages.delete(name),
      );
      return runs;
    },
  };
}

type Row = RunHead & { readonly outcome: string | null };

async function encode(row: Row, before: number, slices: Slices): Promise<LoggedRun> {
  const { executionId, version, status, settledAt } = row;
  const after = row.settledN ?? before;
  if (row.outcome === null) return { after, settledAt, events: null };
  const { error, logs, logsDropped } = (await parseJson(row.outcome, slices)) as unknown as Outcome;
  const pieces: Buffer[] = [];
  for (let at = 0; at < logs.length; at += LINES) {
    const lines = logs.slice(at, at + LINES).map(({ level, message: text, time }) => {
      return `event: log\ndata: ${JSON.stringify({ executionId, version, level, message: text, time })}\n\n`;
    });
    pieces.push(Buffer.from(lines.join("")));
    const pause = slices.pause();
    if (pause !== undefined) await pause;
  }
  const ended = {
    executionId,
    version,
    status,
    logsDropped,
    ...(error ? { error: { code: error.code, message: error.message } } : {}),
  };
  pieces.push(Buffer.from(`id: ${after}\nevent: end\ndata: ${JSON.stringify(ended)}\n\n`));
  return { after, settledAt, events: Buffer.concat(pieces) };
}

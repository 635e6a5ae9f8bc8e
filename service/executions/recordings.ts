/**
 * The recordings of executions: which a tenant wants, and how they are kept, each with its execution and the code that ran once for all of its
 * recordings. A run does not wait for its recording to be written.
 */
import { promisify } from "node:util";
import { parseJson } from "../../base/large-json/read.ts";
import { writeJson } from "../../base/large-json/write.ts";
import { createSlices } from "../../base/slices.ts";
import { gunzip, gzip } from "node:zlib";
import { LRUCache } from "lru-cache";
import { NO_REDACTION } from "../../host-api/fetch/index.ts";
import { redactRecording } from "../../runtime/journal/redact.ts";
import type { Recording, RunRecordOptions } from "../../runtime/index.ts";
import type { Served } from "../handoffs.ts";
import type { ServiceLog } from "../log.ts";
import type { KeptRecording } from "../store/operations/recordings.ts";
import type { ServiceStore } from "../store/store.ts";
import type { Tenant } from "../tenant.ts";
import { createBatches } from "./batches.ts";
import { conversationKey, runName } from "./recorder.ts";

export interface RunRecordings {
  /** What is recorded of the run that is served; null: nothing. */
  wanted(served: Served | undefined): RunRecordOptions | null;
  keep(recording: Recording, served: Served | undefined): Promise<void>;
  /** Resolves when all that came so far is written. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const MOST = 20;
const KEPT = 200;
/** Characters of a recording, and of the code in it. */
const MAX_CHARS = 16 * 1024 * 1024;
const CODE_CHARS = 32 * 1024 * 1024;

const packed = async (text: string): Promise<string> => (await promisify(gzip)(text)).toString("base64");
const unpacked = async (text: string): Promise<string> =>
  (await promisify(gunzip)(Buffer.from(text, "base64"))).toString("utf8");

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over one store
export function createRunRecordings(
  store: ServiceStore,
  log: Pick<ServiceLog, "warn">,
  now: () => number,
): RunRecordings {
  const codes = new LRUCache<string, string>({ maxSize: CODE_CHARS, sizeCalculation: (text) => text.length + 1 });
  const batches = createBatches<KeptRecording>({
    nameOf: ({ tenant, executionId }) => runName(tenant, executionId),
    write: (recordings) => store.run("keepRecordings", { recordings }),
    sizeOf: ({ body, code }) => body.length + (code?.length ?? 0),
    most: MOST,
    kept: KEPT,
    onRefused: ({ tenant, executionId }, error) =>
      log.warn({ tenant, executionId, error: error.message }, "the store does not take a recording"),
  });
  const under = new Set<Promise<void>>();

  async function codeOf({ action: { hash, artifact } }: Recording): Promise<string | null> {
    const there = codes.get(hash);
    if (there !== undefined || artifact === undefined) return there ?? null;
    const text = (await writeJson(artifact, { slices: createSlices({ isSpent: true }) })) as string;
    if (text.length > MAX_CHARS) return null;
    const code = await packed(text);
    codes.set(hash, code);
    return code;
  }
  async function put(recording: Recording, served: Served): Promise<void> {
    const { tenant, executionId, conversationId } = served;
    const { artifact: _code, ...action } = recording.action;
    // Without a key the run has an id of the runtime's own, and the execution the one that its caller was answered.
    const outcome = { ...recording.outcome, executionId };
    const text = (await writeJson(
      { ...recording, executionId, action, outcome },
      { slices: createSlices({ isSpent: true }) },
    )) as string;
    if (text.length > MAX_CHARS) {
      log.warn({ tenant: tenant.name, executionId, chars: text.length }, "a recording is too large to be kept");
      return;
    }
    const [body, code] = await Promise.all([packed(text), codeOf(recording)]);
    const [begunAt, recordedAt] = [Date.parse(recording.recordedAt), now()];
    batches.add({
      tenant: tenant.name,
      executionId,
      conversationId: conversationKey(conversationId),
      hash: action.hash,
      begunAt,
      recordedAt,
      body,
      code,
    });
  }
  return {
    wanted: (served) => (served === undefined ? null : wantedOf(served.tenant, served.record)),
    async keep(recording, served) {
      if (served === undefined) return;
      const work = put(recording, served).finally(() => under.delete(work));
      under.add(work);
      await work;
    },
    async flush() {
      await Promise.allSettled(under);
      await batches.flush();
    },
    async close() {
      await Promise.allSettled(under);
      await batches.close();
    },
  };
}

/** `asked` is the request's own word. The code is kept with it, so that a recording can be replayed by itself. */
function wantedOf({ settings }: Tenant, asked: boolean | undefined): RunRecordOptions | null {
  const { runs = "asked", redact } = settings.recordings ?? {};
  if (runs === "none" || asked === false || (runs === "asked" && asked !== true)) return null;
  return { runs: asked === true || runs === "asked" ? "all" : runs, source: true, redact };
}

/** As it was kept; `withCode` puts back what the action was compiled to. */
export async function readKept(
  { body, code }: { readonly body: string; readonly code: string | null },
  withCode: boolean,
): Promise<Recording> {
  const slices = createSlices({ isSpent: true });
  const recording = (await parseJson(await unpacked(body), slices)) as unknown as Recording;
  if (!withCode || code === null) return recording;
  const artifact = (await parseJson(await unpacked(code), slices)) as unknown as NonNullable<
    Recording["action"]["artifact"]
  >;
  return { ...recording, action: { ...recording.action, artifact } };
}

/** What stands at the paths is taken out of a recording that perhaps lacks something already. */
export async function withoutPaths(recording: Recording, paths: readonly string[]): Promise<Recording> {
  if (paths.length === 0) return recording;
  const clean = await redactRecording(recording, paths, NO_REDACTION, createSlices({ isSpent: true }));
  const redacted = [...new Set([...(recording.redacted ?? []), ...(clean.redacted ?? [])])];
  return { ...clean, redacted: redacted.length === 0 ? null : redacted };
}

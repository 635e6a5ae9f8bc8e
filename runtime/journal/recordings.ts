/**
 * The recordings of a runtime: which runs are recorded, and where their recordings go. A run does not wait for its recording to be kept; closing
 * the runtime does. What cannot be kept is logged, and takes no run along.
 */
import { createHash } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { z } from "zod";
import { fn, readOptions } from "../../base/options.ts";
import { jsonPieces } from "../../base/large-json/write.ts";
import { createSlices } from "../../base/slices.ts";
import type { HostLog } from "../log.ts";
import type { Outcome } from "../outcome.ts";
import type { Recordings } from "../parts.ts";
import type { Recording } from "./recording.ts";
import { readPath } from "./paths.ts";
import { RunRecorder } from "./run-recorder.ts";

export interface RecordOptions {
  /** A folder, made where it is not there, or a function that keeps each recording. */
  readonly to: string | ((recording: Recording) => void | Promise<void>);
  /**
   * Which runs are kept. "failures": what did not return, and hand-offs that came to nothing. Every run is listened to in either case.
   * Default "all".
   */
  readonly runs?: "all" | "failures" | ((outcome: Outcome) => boolean) | undefined;
  /** Keeps what the action was compiled to, so that a recording can be replayed by itself. Default false: only its hash. */
  readonly source?: boolean | undefined;
  /** Paths into the context whose values are taken out, such as `conversation.messages[*].content`. */
  readonly redact?: readonly string[] | undefined;
  /**
   * Asked before each run, for a host whose tenants want different things: what it gives stands in the place of the three above. Null: the run is
   * not listened to, and costs and behaves like any other.
   */
  readonly each?: ((run: RecordedRun) => RunRecordOptions | null) | undefined;
}

/** What is known of a run before it begins. */
export interface RecordedRun {
  readonly tenant: string;
  readonly executionId: string;
}

export type RunRecordOptions = Pick<RecordOptions, "runs" | "source" | "redact">;

const PATH = "a path into the context, such as conversation.messages[*].content";
const schema = z.strictObject({
  to: z.union([z.string().min(1), fn<(recording: Recording) => void>()], "a folder, or a function"),
  runs: z
    .union([z.enum(["all", "failures"]), fn<(outcome: Outcome) => boolean>()], '"all", "failures" or a function')
    .optional(),
  source: z.boolean().optional(),
  redact: z.array(z.string(PATH).refine((path) => readPath(path) !== null, PATH)).max(1_000).optional(),
  each: fn<(run: RecordedRun) => RunRecordOptions | null>().optional(),
}); // prettier-ignore

/** Recordings on their way at most: what comes on top of them is dropped, and logged. */
const MAX_AT_ONCE = 64;
const MAX_BYTES = 256 * 1024 * 1024;

/** Reads the options at once, before anything is started. */
export function recordingsOf(given: unknown): (log: HostLog) => Recordings {
  const options = readOptions(schema, given, "createRuntime: record", { page: "docs/replay.md" }) as RecordOptions;
  return (log) => createRecordings(options, log);
}

function createRecordings({ to, each, ...common }: RecordOptions, log: HostLog): Recordings {
  const keep = typeof to === "string" ? folderSink(to) : to;
  const batonVersion = versionOfBaton();
  const under = new Set<Promise<void>>();
  let bytes = 0;
  return {
    open(invocation, artifact, before) {
      const { tenant, executionId } = invocation;
      const fail = (error: unknown): void => log.notKept({ tenant, executionId }, error);
      const options = each === undefined ? common : chosen(() => each({ tenant, executionId }), fail);
      if (options === null) return null;
      const { runs = "all", source = false, redact = [] } = options;
      const recorder = new RunRecorder({ invocation, artifact, before, withSource: source, redact, batonVersion });
      return {
        listen: (parts) => recorder.listen(parts),
        close(outcome) {
          try {
            if (!isWanted(outcome, runs)) return;
          } catch (error) {
            return fail(error);
          }
          if (under.size >= MAX_AT_ONCE) return fail(new Error("too many recordings are on their way"));
          if (bytes + recorder.bytes > MAX_BYTES)
            return fail(new Error("recordings of too many bytes are on their way"));
          bytes += recorder.bytes;
          const kept: Promise<void> = later(async () => keep(await recorder.recording(outcome)))
            .catch(fail)
            .finally(() => {
              under.delete(kept);
              bytes -= recorder.bytes;
            });
          under.add(kept);
        },
      };
    },
    async kept() {
      await Promise.all(under);
    },
  };
}

/** A host that cannot say what it wants of a run loses the recording, not the run. */
function chosen(choose: () => RunRecordOptions | null, fail: (error: unknown) => void): RunRecordOptions | null {
  try {
    return choose();
  } catch (error) {
    fail(error);
    return null;
  }
}

function isWanted(outcome: Outcome, runs: NonNullable<RecordOptions["runs"]>): boolean {
  if (outcome.status === "refused") return false;
  return typeof runs === "function" ? runs(outcome) : runs === "all" || isFailure(outcome);
}

/** A run that an operator would want to see again. */
function isFailure({ status, warnings }: Outcome): boolean {
  return status !== "returned" || warnings.some(({ code }) => FAILED_HANDOFFS.has(code));
}

const FAILED_HANDOFFS: ReadonlySet<string> = new Set([
  "HANDOFF_REJECTED", "HANDOFF_UNKNOWN", "TRANSFER_REFUSED", "TRANSFER_UNKNOWN",
]); // prettier-ignore

/** Once the caller has the outcome. */
async function later(work: () => void | Promise<void>): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await work();
}

/** Recordings hold what people said: only the owner of the process reads them. */
function folderSink(folder: string): (recording: Recording) => Promise<void> {
  return async (recording) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, nameOf(recording));
    const beside = `${path}.${process.pid}.tmp`;
    try {
      await writeFile(beside, recordingText(recording), { mode: 0o600 });
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  };
}

/** By time first, so that a folder lists its runs in their order. */
function nameOf({ recordedAt, tenant, executionId }: Recording): string {
  const time = recordedAt.replaceAll(/[-:]/g, "").replace(".", "-");
  const digest = createHash("sha256").update(`${tenant}\n${executionId}`).digest("hex").slice(0, 12);
  return `${time}-${digest}.recording.json`;
}

/** As a file holds it: with megabytes, perhaps, and written in slices. */
export async function* recordingText(recording: Recording): AsyncGenerator<string, void> {
  yield* jsonPieces(recording, createSlices({ isSpent: true }));
  yield "\n";
}

function versionOfBaton(): string {
  try {
    return (createRequire(import.meta.url)("baton-runtime/package.json") as { version: string }).version;
  } catch {
    return "unknown";
  }
}

/**
 * A recording: one run written down so that it can be played again. It may come from anywhere, and be cut off or forged: `readRecording` reads all
 * of it before any of it is used. Version 1; a change of the shape that an older Baton could not read is another version.
 */
import { z } from "zod";
import { HostFault } from "../../base/fault.ts";
import { sentenceOf } from "../../base/options.ts";
import { MAX_TURNS, isDeep, replySchema, turnSchema } from "../../sandbox/index.ts";
import type { Json } from "../../sandbox/index.ts";
import { DEFAULT_LIMITS, limitsSchema } from "../limits.ts";
import type { Standing } from "../handoffs/handoffs.ts";
import type { Outcome } from "../outcome.ts";

export const RECORDING_VERSION = 1;
/** Characters of a recording's JSON text at most. */
export const MAX_CHARS = 256 * 1024 * 1024;
const MAX_CALLS = 100_000;

const name = z.string().max(300);
const text = z.string();
const time = z.iso.datetime();
const json = z.json() as z.ZodType<Json>;
const standing = z.strictObject({
  epoch: z.int().min(0),
  handedOff: z.boolean(),
  kind: z.enum(["handoff", "phone_transfer"]).optional(),
});

/** Bytes as text where they are text. */
const bytes = z.union([z.strictObject({ text }), z.strictObject({ base64: z.base64() })]);
const failure = z.strictObject({ code: text, message: text, name: text });

const madeCall = z.strictObject({
  name,
  args: json,
  bytes: bytes.optional(),
  /** Absent where the run ended before. */
  answer: z.union([z.strictObject({ value: json }), z.strictObject({ error: failure })]).optional(),
  answerBytes: bytes.optional(),
  /** Milliseconds until the answer. */
  ms: z.number().min(0).optional(),
});

/** What the keeper of hand-offs said; null where its answer never came in time. */
const receipt = z.strictObject({
  intentId: z.string().max(200),
  verdict: z.enum(["recorded", "already_handed_off", "rejected", "unknown", "failed"]).nullable(),
  kind: z.enum(["handoff", "phone_transfer"]).optional(),
  message: text.optional(),
  /** The verdict came, but too late for the action to be answered with it. */
  late: z.boolean().optional(),
});

const intent = z.strictObject({
  kind: z.enum(["handoff", "phone_transfer"]),
  reason: text.nullable(),
  phoneDestination: text.nullable(),
  verdict: z.enum(["recorded", "already_handed_off", "skipped", "rejected", "unknown"]),
  message: text,
});

/** As an outcome of the runtime is, less strict where a later version may know more. */
const outcome = z.looseObject({
  executionId: z.string().max(200),
  status: z.enum(["returned", "threw", "timed_out", "out_of_memory", "crashed", "cancelled", "invalid"]),
  returnValue: json.optional(),
  returnValueDiscarded: z.boolean(),
  handoff: z
    .strictObject({
      kind: z.enum(["handoff", "phone_transfer"]),
      intentId: text,
      reason: text.nullable(),
      phoneDestination: text.nullable(),
      state: z.enum(["recorded", "fired", "delivered", "failed", "unknown"]),
    })
    .nullable(),
  intents: z.array(intent),
  bot: z.strictObject({ mayReplyNow: z.boolean(), mayReplyLater: z.boolean() }),
  warnings: z.array(z.strictObject({ code: text, message: text })),
  error: z
    .looseObject({ code: text, name: text, message: text, retry: z.enum(["safe", "unsafe", "never"]) })
    .optional(),
  logs: z.array(
    z.strictObject({ level: z.enum(["debug", "info", "warn", "error"]), message: text, time: z.string().max(40) }),
  ),
  logsDropped: z.int().min(0),
  usage: z.looseObject({}),
});

const action = z.strictObject({
  hash: z.string().min(1).max(200),
  language: name,
  /** The author's name for the entry file. */
  filename: z.string().min(1).max(300),
  /** Where it was read from, seen from the recording: only where the command line recorded. */
  file: z.string().min(1).optional(),
  /** What compiling made of it; only where the source was to be kept. */
  artifact: z
    .strictObject({
      script: text,
      map: text,
      inputs: z.array(text).max(100_000),
      /** Where the entry point is defined; null where the compiler saw none. */
      entry: z
        .strictObject({ line: z.int().min(0), column: z.int().min(0) })
        .nullable()
        .optional(),
    })
    .optional(),
});

const hex = (chars: number) => z.string().regex(new RegExp(`^[0-9a-f]{${chars}}$`), `${chars} hexadecimal digits`);

export const recordingSchema = z.strictObject({
  $schema: z.string().optional(),
  recording: z.literal(RECORDING_VERSION),
  recordedAt: time,
  versions: z.strictObject({ baton: name, node: name, v8: name }),
  executionId: z.string().min(1).max(200),
  tenant: z.string().min(1).max(200),
  action,
  context: z.record(z.string(), json),
  environment: z.enum(["production", "test", "mock"]),
  limits: limitsSchema,
  clock: z.strictObject({
    now: text.refine((value) => !Number.isNaN(Date.parse(value)), "an ISO 8601 time").optional(),
    seed: z.string().max(1_000).optional(),
    /** The key of the run's random bytes, and the seed of `Math.random`. */
    entropy: hex(64),
    random: hex(32),
  }),
  /** What the guest's half of each host function was given, placeholders of secrets among it. */
  preludes: z.record(name, json),
  host: z.strictObject({
    before: standing,
    receipts: z.array(receipt).max(2_000),
    fired: z.enum(["accepted", "refused", "unknown"]).nullable(),
    after: z.union([standing, z.literal("unknown")]).nullable(),
  }),
  /** Null where the worker process took them along. */
  turns: z.array(turnSchema).max(MAX_TURNS).nullable(),
  replies: z.array(replySchema),
  calls: z.array(madeCall).max(MAX_CALLS),
  outcome,
  /** What was taken out: paths, and `secrets` where a secret's value stood in what was recorded. Null where nothing was. */
  redacted: z.array(text).min(1).nullable(),
  /** Why it cannot be replayed exactly; null where it can. */
  incomplete: text.nullable(),
});

type Read = z.output<typeof recordingSchema>;
export type RecordedCall = z.output<typeof madeCall>;
export type RecordedReceipt = z.output<typeof receipt>;
export type RecordedBytes = z.output<typeof bytes>;

/** One run, written down. */
export interface Recording extends Omit<Read, "context" | "outcome" | "limits" | "host"> {
  readonly context: Json;
  readonly limits: typeof DEFAULT_LIMITS;
  readonly host: Omit<Read["host"], "before" | "after"> & {
    readonly before: Standing;
    readonly after: Standing | "unknown" | null;
  };
  readonly outcome: Outcome;
}

/** Reads a recording from its JSON text, or from what was parsed of it. Throws a HostFault `RECORDING_INVALID`. */
export function readRecording(given: unknown): Recording {
  const value = typeof given === "string" ? parsed(given) : given;
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("it is not a JSON object");
  const { recording } = value as { readonly recording?: unknown };
  if (recording === undefined) throw invalid('"recording", its version, is missing');
  if (recording !== RECORDING_VERSION)
    throw invalid(`its version is ${shown(recording)}, and this Baton reads version ${RECORDING_VERSION}`);
  const read = safely(() => recordingSchema.safeParse(value));
  if (!read.success) throw invalid(sentenceOf(read.error, value, recordingSchema));
  checkTurns(read.data.turns);
  // What was read, not what the schema made of it: the keys of an outcome stay in their order.
  return { ...value, limits: { ...DEFAULT_LIMITS, ...read.data.limits } } as unknown as Recording;
}

function parsed(given: string): unknown {
  if (given.length > MAX_CHARS) throw invalid(`it is longer than ${MAX_CHARS} characters`);
  if (isDeep(given)) throw invalid("it nests too deep");
  try {
    return JSON.parse(given) as unknown;
  } catch (error) {
    throw invalid(`it is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

/** What was parsed elsewhere may nest deeper than any schema can walk. */
function safely<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw invalid("it nests too deep");
  }
}

function checkTurns(turns: Read["turns"]): void {
  if (turns === null) return;
  if (turns[0]?.kind !== "start") throw invalid('"turns" should begin with the turn "start"');
  if (turns.some(({ kind }, index) => index > 0 && kind === "start"))
    throw invalid('"turns" should have one turn "start"');
}

const shown = (value: unknown): string => (typeof value === "number" ? String(value) : `a ${typeof value}`);

export function invalid(sentence: string): HostFault {
  return new HostFault("RECORDING_INVALID", `The recording cannot be read: ${sentence} (docs/replay.md).`, "never");
}

/** Bytes as a recording has them. */
export function toRecordedBytes(given: Uint8Array): RecordedBytes {
  const whole = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const read = whole.toString("utf8");
  return Buffer.from(read, "utf8").equals(whole) ? { text: read } : { base64: whole.toString("base64") };
}

export function fromRecordedBytes(given: RecordedBytes): Uint8Array {
  return new Uint8Array("text" in given ? Buffer.from(given.text, "utf8") : Buffer.from(given.base64, "base64"));
}

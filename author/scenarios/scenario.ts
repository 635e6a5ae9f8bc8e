/**
 * A scenario as an author writes it: one run of an action, with everything that it depends on, and what is expected of it. A trust
 * boundary: scenario files are typed by hand, so an unknown key is a mistake and every mistake names its place.
 */
import { z } from "zod";
import { limitsSchema } from "../../runtime/limits.ts";
import type { Json } from "../../sandbox/index.ts";
import { channelMistake } from "./channel.ts";
import { matcherMistake } from "./match.ts";
import { sentencesOf } from "./mistakes.ts";
import type { Mistake } from "./mistakes.ts";

/** `{ $contains: … }`, `{ $regex: … }`, `{ $any: true }`, `{ $partial: … }` or `{ $exact: … }`. */
export type MatcherInput = { readonly [matcher: string]: Json };

const isObject = (value: Json): boolean => value !== null && typeof value === "object" && !Array.isArray(value);

const text = z.string("expected text");
const flag = z.boolean("expected true or false");
const anyJson: z.ZodType<Json, Json> = z.json("expected JSON");
/** A value that is to come, with matchers in it perhaps. */
const wanted: z.ZodType<Json, Json> = anyJson.superRefine((value, context) => {
  const mistake = matcherMistake(value);
  if (mistake !== null) context.addIssue({ code: "custom", message: mistake.message, path: [...mistake.path] });
});
/** Text, or a matcher of text. */
const wantedText: z.ZodType<string | MatcherInput, string | MatcherInput> = wanted.refine(
  (value) => typeof value === "string" || isObject(value),
  "expected text, or a matcher such as { $contains: text }",
) as never;
const texts = z.record(z.string(), text, "expected an object of names and texts");
const kind = z.enum(["handoff", "phone_transfer"], 'expected "handoff" or "phone_transfer"');
const environment = z.enum(["production", "test", "mock"], 'expected "production", "test" or "mock"');
const whole = (least: number) => z.int("expected a whole number").min(least, `expected ${least} or more`);

/** A time without a zone would mean another instant on every machine. */
const instant = text.regex(
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i,
  "expected an ISO time with its zone, such as 2026-03-02T10:00:00-05:00",
);

const answerSchema = z
  .strictObject(
    {
      method: text.optional(),
      /** The whole URL, or one with `*` for any run of characters. */
      url: text.min(1, "expected a URL"),
      status: whole(200).max(599, "expected a status from 200 to 599").optional(),
      headers: texts.optional(),
      body: text.optional(),
      json: anyJson.optional(),
      /** The body's bytes, where it is no text. */
      base64: z.base64("expected base64").optional(),
      /** How often it answers; then the next one that matches does. Without it, always. */
      times: whole(1).optional(),
      /** The connection fails with this sentence instead. */
      error: text.min(1, "expected a sentence").optional(),
      delayMs: whole(0).max(60_000, "expected 60000 or less").optional(),
    },
    "expected an object with url",
  )
  .refine(
    ({ body, json, base64, error }) => [body, json, base64, error].filter((each) => each !== undefined).length <= 1,
    "expected at most one of body, json, base64 and error",
  );

const handoffSchema = z.strictObject(
  {
    kind: kind.optional(),
    reason: wantedText.nullable().optional(),
    phoneDestination: wantedText.nullable().optional(),
    state: text.optional(),
  },
  "expected an object or null",
);

const logSchema = z.union(
  [
    z.string(),
    z.strictObject({ level: z.enum(["debug", "info", "warn", "error"]).optional(), message: wantedText.optional() }),
  ],
  "expected text, or an object with level and message",
);

const requestSchema = z
  .strictObject(
    {
      method: text.optional(),
      /** The whole URL, one with `*` for any run of characters, or a matcher. */
      url: wantedText.optional(),
      /** Those that are named; null for one that must not be there. */
      headers: z.record(z.string(), wantedText.nullable(), "expected an object of names and texts").optional(),
      /** The body as text; an object or a list is what the text says as JSON. */
      body: wanted.optional(),
      /** The body read as JSON. */
      json: wanted.optional(),
      times: whole(0).max(1_000, "expected 1000 or less").optional(),
    },
    "expected an object with method, url, headers, body or json",
  )
  .refine(({ body, json }) => body === undefined || json === undefined, "expected one of body and json");

const requestsSchema = z.union(
  [
    z.array(requestSchema, "expected a list of requests"),
    z.strictObject({ $contains: z.array(requestSchema, "expected a list of requests") }),
  ],
  "expected a list of requests, or { $contains: list }",
);

const STATUSES = ["returned", "threw", "timed_out", "out_of_memory", "crashed", "cancelled", "refused", "invalid"];

const expectSchema = z.strictObject(
  {
    status: z.enum(STATUSES, `expected one of ${STATUSES.join(", ")}`).optional(),
    handoff: handoffSchema.nullable().optional(),
    returnValue: wanted.optional(),
    requests: requestsSchema.optional(),
    returnValueDiscarded: flag.optional(),
    bot: z
      .strictObject({ mayReplyNow: flag.optional(), mayReplyLater: flag.optional() }, "expected an object")
      .optional(),
    intents: z
      .array(handoffSchema.omit({ state: true }).extend({ verdict: text.optional() }), "expected a list")
      .optional(),
    warnings: z.array(text, "expected a list of codes").optional(),
    error: z
      .strictObject(
        { code: text.optional(), name: text.optional(), message: wantedText.optional() },
        "expected an object with code, name or message",
      )
      .optional(),
    logs: z.array(logSchema, "expected a list").optional(),
  },
  "expected an object",
);

/** Only "phone" itself is the phone channel, so a near miss is a mistake and no channel of its own. */
const channelSchema = text.superRefine((name, context) => {
  const message = channelMistake(name);
  if (message !== null) context.addIssue({ code: "custom", message });
});

const scenarioSchema = z.strictObject(
  {
    $schema: text.optional(),
    name: text.min(1, "expected a name").optional(),
    /** Path of the action, seen from the scenario file. */
    action: text.min(1, "expected a path").optional(),
    /** The context itself, or the path of a JSON file. */
    context: z.union([z.string(), z.record(z.string(), anyJson)], "expected a path or an object").optional(),
    /** Take the place of what the context has. */
    channel: channelSchema.optional(),
    args: z.record(z.string(), anyJson, "expected an object").optional(),
    environment: environment.optional(),
    now: instant.optional(),
    seed: text.max(1_000, "expected 1000 characters at most").optional(),
    limits: limitsSchema.optional(),
    host: z
      .strictObject(
        {
          handedOff: flag.optional(),
          handedBack: flag.optional(),
          /** What the provider answers to a phone transfer; without it, that it has the call. */
          transfer: z
            .enum(["accepted", "refused", "unknown"], 'expected "accepted", "refused" or "unknown"')
            .optional(),
        },
        "expected an object",
      )
      .optional(),
    http: z.array(answerSchema, "expected a list of answers").optional(),
    snapshot: flag.optional(),
    expect: expectSchema.optional(),
  },
  "expected a scenario: an object",
);

export const scenarioFileSchema = z.union([
  scenarioSchema,
  z.array(scenarioSchema).min(1, "expected a scenario at least"),
]);

/** What a scenario file holds, for `.scenario.ts` files: `export default { … } satisfies Scenario`. */
export type Scenario = z.input<typeof scenarioSchema>;
export type Expectation = z.infer<typeof expectSchema>;
export type ExpectedRequest = z.infer<typeof requestSchema>;
export type CannedAnswer = z.infer<typeof answerSchema>;

export type ReadScenarios =
  | { readonly ok: true; readonly scenarios: readonly z.infer<typeof scenarioSchema>[] }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

export function readScenarios(value: unknown): ReadScenarios {
  const schema = Array.isArray(value) ? scenarioFileSchema.options[1] : scenarioSchema;
  try {
    const read = schema.safeParse(value);
    if (read.success) return { ok: true, scenarios: Array.isArray(read.data) ? read.data : [read.data] };
    return { ok: false, mistakes: sentencesOf(read.error.issues, value, knownKeys) };
  } catch (error) {
    // The stack has an end.
    if (error instanceof RangeError)
      return { ok: false, mistakes: [{ path: [], sentence: "it is nested too deeply." }] };
    throw error;
  }
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  switch (path.findLast((part) => typeof part === "string")) {
    case undefined:
      return Object.keys(scenarioSchema.shape);
    case "http":
      return Object.keys(answerSchema.shape);
    case "requests":
    case "$contains":
      return Object.keys(requestSchema.shape);
    case "expect":
      return Object.keys(expectSchema.shape);
    case "limits":
      return Object.keys(limitsSchema.shape);
    case "host":
      return ["handedOff", "handedBack", "transfer"];
    default:
      return [...Object.keys(handoffSchema.shape), "verdict", "level", "message", "code", "name"];
  }
}

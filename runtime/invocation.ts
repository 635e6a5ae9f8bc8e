/**
 * The invocation that the host asks for, read once: a trust boundary, because contexts come from other systems and the rest from code that may be wrong.
 * A bad invocation is no fault: it ends as an Outcome with status `invalid` that names the key.
 */
import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import { readOptions, sentenceOf, text } from "../base/options.ts";
import type { Environment } from "../host-api/index.ts";
import type { ActionSource } from "../languages/action.ts";
import { secretsSchema } from "../host-api/fetch/index.ts";
import type { Secrets } from "../host-api/fetch/index.ts";
import { type ArgsChecker, SCHEMA_BYTES } from "./args/checker.ts";
import type { Json } from "../base/json.ts";
import { isWithin, sizeOf } from "../base/large-json/size.ts";
import { sortedJson } from "../base/large-json/sort.ts";
import { type MaybePromise, following } from "../base/promises.ts";
import { type GivenContext, type NoContext, readContext } from "./given-context.ts";
import type { InvocationInput } from "./invocation-input.ts";
import { type Limits, limitsSchema, withLimits } from "./limits.ts";
import { recogniseInvocation } from "./recognise.ts";

/** `Date.parse` alone reads nearly anything, `1` among them. */
const ISO_TIME = /^[+-]?\d{4,6}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
const TIME = "an ISO 8601 time";
const isoTime = z.string(TIME).refine((value) => ISO_TIME.test(value) && !Number.isNaN(Date.parse(value)), TIME);

const packages = z.array(text("the name of a package", 214)).max(1_000, "at most 1000 names of packages").optional();
const name = text("a text of 1 to 200 characters", 200);

/** By the key that only one of them has: a union would try, and fail, one after the other. */
const actions = {
  source: z.strictObject({
    source: z.string("the text of an action"),
    filename: text("a file name of 1 to 255 characters", 255).optional(),
    packages,
  }),
  file: z.strictObject({ file: text("the path of a file"), root: text("the path of a folder").optional(), packages }),
  hash: z.strictObject({ hash: text("the hash of an action", 200) }),
};

const SEED = "a text of at most 1000 characters";
const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

const invocationSchema = z.strictObject(
  {
    action: z.looseObject({}, "an object with source, file or hash"),
    context: z.unknown(),
    environment: z.enum(["production", "test", "mock"], '"production", "test" or "mock"').optional(),
    tenant: name.optional(),
    cordon: name.optional(),
    executionId: name.optional(),
    limits: limitsSchema.optional(),
    argsSchema: z.custom<Record<string, unknown>>(isRecord, "an object: a JSON Schema").optional(),
    secrets: secretsSchema.optional(),
    now: isoTime.optional(),
    seed: z.string(SEED).max(1_000, SEED).optional(),
    signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, "an AbortSignal").optional(),
  },
  "an object with an action and a context",
);

/** The page that has a key of the invocation. */
const pageOf = (key: unknown): string => (key === "limits" ? "docs/contract.md" : "docs/embed.md");

export interface Invocation {
  readonly action: ActionSource;
  readonly contextJson: string;
  /** The same with its keys in order, of a long one that may be asked for again. */
  readonly sortedContextJson: string | null;
  readonly conversation: Conversation | null;
  readonly environment: Environment;
  readonly tenant: string;
  readonly cordon: string;
  readonly executionId: string;
  readonly generatedId: boolean;
  readonly limits: Limits;
  readonly secrets: Secrets;
  readonly now: string | undefined;
  readonly seed: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What the host itself knows of the conversation, whatever the action says. */
export interface Conversation {
  readonly id: string;
  readonly channel: string | null;
  readonly call: { readonly id: string; readonly [key: string]: unknown } | null;
}

export type InvocationErrorCode = "INVOCATION_INVALID" | "CONTEXT_INVALID" | "CONTEXT_TOO_LARGE" | "ARGS_INVALID";

export type ReadInvocation =
  | { readonly ok: true; readonly invocation: Invocation }
  | { readonly ok: false; readonly executionId: string; readonly code: InvocationErrorCode; readonly message: string };

/**
 * A value where everything is here at once; a promise where the context is long, and where arguments are held to a schema. That comes before anything
 * runs, so that an action can rely on what it promises.
 */
export function readInvocation(input: unknown, base: Limits, checker: ArgsChecker): MaybePromise<ReadInvocation> {
  const executionId = givenId(input) ?? randomUUID();
  const refuse = (code: InvocationErrorCode, message: string): ReadInvocation => ({
    ok: false,
    executionId,
    code,
    message,
  });
  const given = readGiven(input);
  if (typeof given === "string") return refuse("INVOCATION_INVALID", `The invocation is not valid: ${given}.`);
  const limits = withLimits(base, given.limits);
  return following(
    readContext(given.context, limits.contextBytes, given.executionId !== undefined),
    (context: GivenContext | NoContext): MaybePromise<ReadInvocation> => {
      if ("code" in context) return refuse(context.code, context.message);
      const invocation = invocationOf(given, { executionId, limits, context });
      if (given.argsSchema === undefined) return { ok: true, invocation };
      return checker
        .check(invocation.tenant, given.argsSchema, context.known.args, context.argsJson)
        .then((wrong) => (wrong === null ? { ok: true, invocation } : refuse(wrong.code, wrong.message)));
    },
  );
}

interface Read {
  readonly executionId: string;
  readonly limits: Limits;
  readonly context: GivenContext;
}

function invocationOf(given: InvocationInput, { executionId, limits, context }: Read): Invocation {
  const { conversation } = context.known;
  const tenant = given.tenant ?? "default";
  return {
    action: given.action,
    contextJson: context.json,
    sortedContextJson: context.sortedJson,
    conversation: conversation && { id: conversation.id, channel: conversation.latestChannel, call: conversation.call },
    environment: given.environment ?? "production",
    tenant,
    cordon: given.cordon === undefined ? `tenant ${tenant}` : `cordon ${given.cordon}`,
    executionId,
    generatedId: given.executionId === undefined,
    limits,
    secrets: given.secrets ?? NO_SECRETS,
    now: given.now,
    seed: given.seed,
    signal: given.signal,
  };
}

const NO_SECRETS: Secrets = {};

function readGiven(input: unknown): InvocationInput | string {
  try {
    return recogniseInvocation(input) ?? tooMuch(input) ?? parseInvocation(input);
  } catch {
    return "a getter of it throws (docs/embed.md)";
  }
}

/** Beside the context and the schema of its arguments. A schema looks at each, and writes down what is wrong with each. */
function tooMuch(input: unknown): string | null {
  if (typeof input !== "object" || input === null) return null;
  const given = input as Readonly<Record<string, unknown>>;
  let left = BESIDE.values;
  for (const key in given) {
    if (key === "context" || key === "argsSchema") continue;
    left -= 1 + sizeOf(given[key], BESIDE).values;
    if (left < 0) return `it has more than ${BESIDE.values} values beside its context (docs/embed.md)`;
  }
  return isWithin(sizeOf(given["argsSchema"], SCHEMA), SCHEMA)
    ? null
    : `"argsSchema" is larger than ${SCHEMA.chars} bytes (docs/embed.md)`;
}

/** A hundred secrets may have a hundred hosts each. */
const BESIDE = { values: 20_000, chars: Infinity };
/** JSON text of so many bytes has no more characters, and a comma or a bracket for each value. */
const SCHEMA = { values: SCHEMA_BYTES, chars: SCHEMA_BYTES };

/** An action that is given by itself; throws an OptionsError. */
export function checkedAction(given: unknown, of: string): ActionSource {
  const schema = typeof given === "object" && given !== null ? actionSchemaOf(given) : actions.source;
  return readOptions<z.ZodType>(schema, given, of, { page: "docs/embed.md" }) as ActionSource;
}

/** What is wrong with it, in a clause, where it is not valid. */
export function parseInvocation(input: unknown): InvocationInput | string {
  const read = invocationSchema.safeParse(input);
  if (!read.success) return clauseOf(read.error, input, invocationSchema);
  const schema = actionSchemaOf(read.data.action);
  const action = schema.safeParse(read.data.action);
  if (action.success) return { ...read.data, action: action.data };
  const issues = action.error.issues.map((issue) => ({ ...issue, path: ["action", ...issue.path] }));
  return clauseOf(new z.ZodError(issues), input, z.strictObject({ action: schema }));
}

function clauseOf(error: z.ZodError, input: unknown, schema: z.ZodType): string {
  return `${sentenceOf(error, input, schema)} (${pageOf(error.issues[0]?.path[0])})`;
}

/** Of a context that no schema has read. */
export function conversationOf(context: Json): Conversation | null {
  const { conversation } = (context ?? {}) as { readonly conversation?: Partial<Record<string, unknown>> | null };
  if (typeof conversation?.["id"] !== "string") return null;
  const { id, latestChannel: channel, call } = conversation;
  const isCall = typeof (call as { readonly id?: unknown } | null | undefined)?.id === "string";
  return {
    id: id as string,
    channel: typeof channel === "string" ? channel : null,
    call: isCall ? (call as Conversation["call"]) : null,
  };
}

function actionSchemaOf(given: object) {
  if ("hash" in given) return actions.hash;
  return "file" in given ? actions.file : actions.source;
}

/**
 * The hash that two invocations with one execution id must share: of action, context and environment; the order of keys does not count.
 * No other invocation can claim an id that was made up here, so then there is nothing to compare.
 */
export function hashInput(invocation: Invocation, actionHash: string): string {
  if (invocation.generatedId) return "";
  const context = invocation.sortedContextJson ?? sortedJson(JSON.parse(invocation.contextJson));
  return createHash("sha256").update(`${actionHash}\n${invocation.environment}\n${context}`).digest("hex");
}

function givenId(input: unknown): string | null {
  try {
    const id = (input as { executionId?: unknown } | null | undefined)?.executionId;
    return typeof id === "string" && id !== "" && id.length <= 200 ? id : null;
  } catch {
    return null;
  }
}

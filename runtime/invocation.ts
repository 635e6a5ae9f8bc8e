/**
 * What the host asks for, read once: a trust boundary, because contexts come from other systems and the rest from code that may be wrong.
 * A bad invocation is no fault: it ends as an Outcome with status `invalid` that names the key.
 */
import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import { readOptions } from "../base/options.ts";
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
import { firstIssue } from "./issue.ts";
import { recogniseInvocation } from "./recognise.ts";

/** `Date.parse` alone reads nearly anything, `1` among them. */
const ISO_TIME = /^[+-]?\d{4,6}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
const isoTime = z
  .string()
  .refine((value) => ISO_TIME.test(value) && !Number.isNaN(Date.parse(value)), "is not an ISO 8601 time");

const packages = z.array(z.string().min(1).max(214)).max(1_000).optional();

/** By the key that only one of them has: a union would try, and fail, one after the other. */
const actions = {
  source: z.strictObject({ source: z.string(), filename: z.string().min(1).max(255).optional(), packages }),
  file: z.strictObject({ file: z.string().min(1), root: z.string().min(1).optional(), packages }),
  hash: z.strictObject({ hash: z.string().min(1).max(200) }),
};

const isRecord = (value: unknown): boolean => kindOf(value) === "object";
const kindOf = (value: unknown): string => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value);

const invocationSchema = z.strictObject({
  action: z.looseObject({}),
  context: z.unknown(),
  environment: z.enum(["production", "test", "mock"]).optional(),
  tenant: z.string().min(1).max(200).optional(),
  cordon: z.string().min(1).max(200).optional(),
  executionId: z.string().min(1).max(200).optional(),
  limits: limitsSchema.optional(),
  argsSchema: z.custom<Record<string, unknown>>(isRecord, { error: ({ input }) => `expected object, received ${kindOf(input)}` }).optional(), // prettier-ignore
  secrets: secretsSchema.optional(),
  now: isoTime.optional(),
  seed: z.string().max(1_000).optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, "is not an AbortSignal").optional(),
});

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
    return "a getter of it throws";
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
    if (left < 0) return `it has more than ${BESIDE.values} values beside its context`;
  }
  return isWithin(sizeOf(given["argsSchema"], SCHEMA), SCHEMA)
    ? null
    : `argsSchema is larger than ${SCHEMA.chars} bytes`;
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
  if (!read.success) return firstIssue(read.error);
  const action = readAction(read.data.action);
  return action.success ? { ...read.data, action: action.data } : `action.${firstIssue(action.error)}`;
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

function readAction(given: object): z.ZodSafeParseResult<ActionSource> {
  return actionSchemaOf(given).safeParse(given);
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

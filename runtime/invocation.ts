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
import type { ArgsChecker } from "./args/checker.ts";
import { type Json, MAX_DEPTH, isDeep } from "../sandbox/index.ts";
import { contextSchema, messageSchema } from "./context.ts";
import type { InvocationInput } from "./invocation-input.ts";
import { type Limits, limitsSchema, withLimits } from "./limits.ts";
import { type KnownContext, isMessage, recogniseContext, recogniseInvocation } from "./recognise.ts";

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

const invocationSchema = z.strictObject({
  action: z.looseObject({}),
  context: z.unknown(),
  environment: z.enum(["production", "test", "mock"]).optional(),
  tenant: z.string().min(1).max(200).optional(),
  cordon: z.string().min(1).max(200).optional(),
  executionId: z.string().min(1).max(200).optional(),
  limits: limitsSchema.optional(),
  argsSchema: z.looseObject({}).optional(),
  secrets: secretsSchema.optional(),
  now: isoTime.optional(),
  seed: z.string().max(1_000).optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, "is not an AbortSignal").optional(),
});

export interface Invocation {
  readonly action: ActionSource;
  readonly contextJson: string;
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
 * A value where everything is here at once; a promise only where arguments are held to a schema. That comes before anything runs, so that an action
 * can rely on what it promises.
 */
export function readInvocation(
  input: unknown,
  base: Limits,
  checker: ArgsChecker,
): ReadInvocation | Promise<ReadInvocation> {
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

  const json = toJson(given.context);
  if (json === null) return refuse("CONTEXT_INVALID", "The context is not valid: it cannot be written as JSON.");
  if (isLonger(json, limits.contextBytes))
    return refuse("CONTEXT_TOO_LARGE", `The context is larger than ${limits.contextBytes} bytes (contextBytes).`);
  if (isDeep(json))
    return refuse("CONTEXT_INVALID", `The context is not valid: it nests deeper than ${MAX_DEPTH} levels.`);
  const parsed: unknown = JSON.parse(json);
  const context = recogniseContext(parsed) ?? parseContext(parsed);
  if (typeof context === "string") return refuse("CONTEXT_INVALID", `The context is not valid: ${context}.`);

  const { conversation, args } = context;
  const tenant = given.tenant ?? "default";
  const read: ReadInvocation = {
    ok: true,
    invocation: {
      action: given.action,
      contextJson: json,
      conversation: conversation && {
        id: conversation.id,
        channel: conversation.latestChannel,
        call: conversation.call,
      },
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
    },
  };
  if (given.argsSchema === undefined) return read;
  return checker
    .check(tenant, given.argsSchema, args)
    .then((wrong) => (wrong === null ? read : refuse(wrong.code, wrong.message)));
}

const NO_SECRETS: Secrets = {};

function readGiven(input: unknown): InvocationInput | string {
  try {
    return recogniseInvocation(input) ?? parseInvocation(input);
  } catch {
    return "a getter of it throws";
  }
}

/** An action that is given by itself; throws an OptionsError. */
export function checkedAction(given: unknown, of: string): ActionSource {
  const schema = typeof given === "object" && given !== null ? actionSchemaOf(given) : actions.source;
  return readOptions<z.ZodType>(schema, given, of) as ActionSource;
}

/** What is wrong with it, in a clause, where it is not valid. */
export function parseInvocation(input: unknown): InvocationInput | string {
  const read = invocationSchema.safeParse(input);
  if (!read.success) return firstIssue(read.error);
  const action = readAction(read.data.action);
  return action.success ? { ...read.data, action: action.data } : `action.${firstIssue(action.error)}`;
}

export function parseContext(parsed: unknown): KnownContext | string {
  const context = contextSchema.safeParse(withoutMessages(parsed));
  if (!context.success) return firstIssue(context.error);
  // A schema writes down what is wrong with each of hundreds of thousands: it reads the first that is wrong.
  const wrong = firstWrongMessage(parsed);
  if (wrong !== null) {
    const message = messageSchema.safeParse(wrong.message);
    if (!message.success) return firstIssue(message.error, ["conversation", "messages", wrong.at]);
  }
  const { conversation, args } = context.data;
  if (!conversation) return { conversation: null, args };
  const { id, latestChannel = null, call = null } = conversation;
  return { conversation: { id, latestChannel, call }, args };
}

/** No character takes more than three bytes of UTF-8. */
function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && Buffer.byteLength(text) > bytes;
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
  const context = JSON.stringify(sorted(JSON.parse(invocation.contextJson)));
  return createHash("sha256").update(`${actionHash}\n${invocation.environment}\n${context}`).digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}

function toJson(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch {
    return null;
  }
}

function givenId(input: unknown): string | null {
  try {
    const id = (input as { executionId?: unknown } | null | undefined)?.executionId;
    return typeof id === "string" && id !== "" && id.length <= 200 ? id : null;
  } catch {
    return null;
  }
}

/** The same context with none of its messages where it has a list of them. */
function withoutMessages(context: unknown): unknown {
  const { conversation } = (context ?? {}) as { readonly conversation?: { readonly messages?: unknown } | null };
  if (!Array.isArray(conversation?.messages)) return context;
  return { ...(context as object), conversation: { ...conversation, messages: [] } };
}

function firstWrongMessage(context: unknown): { readonly message: unknown; readonly at: number } | null {
  const { conversation } = (context ?? {}) as { readonly conversation?: { readonly messages?: unknown } | null };
  const messages = (conversation?.messages ?? []) as readonly unknown[];
  const at = Array.isArray(messages) ? messages.findIndex((message) => !isMessage(message)) : -1;
  return at === -1 ? null : { message: messages[at], at };
}

/** The first issue as one clause: `conversation.id: expected string, received number`. */
function firstIssue(error: z.ZodError, at: readonly (string | number)[] = []): string {
  const issue = deepest(error.issues[0]!);
  const path = [...at, ...issue.path].join(".");
  const message = issue.message.replace(/^Invalid input: /, "").replace(/\.$/, "");
  return path === "" ? message : `${path}: ${message}`;
}

/** Inside a union, the issue of the alternative that came furthest. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return issue;
  const [nearest] = issue.errors.toSorted((left, right) => left.length - right.length);
  return nearest?.[0] ? { ...nearest[0], path: [...issue.path, ...nearest[0].path] } : issue;
}

/**
 * Recognisers: what most invocations look like, read by hand. A schema reads anything and says what is wrong with it, and costs ten times as much
 * as the reading itself; a recogniser takes only what it knows, in the very way in which the schema would read it, and gives null for all else,
 * which the schema then reads. The schemas stay the one definition: a property test holds the two equal.
 */
import { LIMIT_RANGES, type LimitsInput } from "./limits.ts";
import type { InvocationInput } from "./invocation-input.ts";

/** What the runtime reads of a context. */
export interface KnownContext {
  readonly conversation: null | {
    readonly id: string;
    readonly latestChannel: string | null;
    readonly call: null | { readonly id: string; readonly [key: string]: unknown };
  };
  readonly args: Readonly<Record<string, unknown>>;
}

const LONGEST_NAME = 200;
const LONGEST_FILENAME = 255;
const LONGEST_PACKAGE = 214;
const MAX_PACKAGES = 1_000;
const KEYS: ReadonlySet<string> = new Set(["action", "context", "environment", "tenant", "cordon", "executionId", "limits", "signal"]); // prettier-ignore
/** A host that passes on what its own callers may set gives them as undefined, mostly. */
const ABSENT: readonly string[] = ["argsSchema", "secrets", "now", "seed"];
const KNOWN_KEYS: ReadonlySet<string> = new Set([...KEYS, ...ABSENT]);
const ACTION_KEYS: ReadonlySet<string> = new Set(["source", "filename", "packages"]);

/** An invocation without arguments to check, secrets or a clock; null for any other, and for one that is not valid. */
export function recogniseInvocation(input: unknown): InvocationInput | null {
  if (!isPlain(input) || !hasOnly(input, KNOWN_KEYS) || ABSENT.some((key) => input[key] !== undefined)) return null;
  const { action, context, environment, tenant, cordon, executionId, limits, signal } = input;
  if (environment !== undefined && environment !== "production" && environment !== "test" && environment !== "mock")
    return null;
  // The schema wants it to be there.
  if (context === undefined) return null;
  if (!isName(tenant) || !isName(cordon) || !isName(executionId)) return null;
  if (limits !== undefined && !areLimits(limits)) return null;
  if (signal !== undefined && !(signal instanceof AbortSignal)) return null;
  const known = recogniseAction(action);
  if (known === null) return null;
  return { action: known, context, environment, tenant, cordon, executionId, limits, signal };
}

/** A source by text or by hash. */
function recogniseAction(action: unknown): InvocationInput["action"] | null {
  if (!isPlain(action)) return null;
  const { source, filename, packages, hash } = action;
  if (typeof hash === "string") {
    const keys = Object.keys(action);
    return keys.length === 1 && hash !== "" && hash.length <= LONGEST_NAME ? { hash } : null;
  }
  if (typeof source !== "string" || !hasOnly(action, ACTION_KEYS)) return null;
  if (packages !== undefined && !arePackages(packages)) return null;
  const given = packages === undefined ? { source } : { source, packages };
  if (filename === undefined) return given;
  const isNamed = typeof filename === "string" && filename !== "" && filename.length <= LONGEST_FILENAME;
  return isNamed ? { ...given, filename } : null;
}

function arePackages(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_PACKAGES) return false;
  for (let at = 0; at < value.length; at++) {
    const name: unknown = value[at];
    if (typeof name !== "string" || name === "" || name.length > LONGEST_PACKAGE) return false;
  }
  return true;
}

/** `context` is what JSON text was parsed to: nothing in it has a getter, or a prototype of its own. */
export function recogniseContext(context: unknown): KnownContext | null {
  if (!isObject(context)) return null;
  const { conversation, business, customer, args } = context;
  if (!isKept(args) || !isNothingOr(customer, isObject) || !isNothingOr(business, isBusiness)) return null;
  if (conversation === undefined || conversation === null) return { conversation: null, args };
  if (!isConversation(conversation)) return null;
  const { id, latestChannel = null, call = null } = conversation;
  return { conversation: { id, latestChannel, call }, args };
}

interface Conversation {
  readonly id: string;
  readonly latestChannel?: string | null;
  readonly call?: null | { readonly id: string };
}

function isConversation(value: unknown): value is Conversation {
  if (!isObject(value)) return false;
  const { id, publicId, subject, businessSlug, initialChannel, latestChannel, messages, call } = value;
  if (typeof id !== "string" || id === "") return false;
  if (!isText(publicId) || !isText(subject) || !isText(businessSlug)) return false;
  if (!isText(initialChannel) || !isText(latestChannel)) return false;
  return isNothingOr(messages, areMessages) && isNothingOr(call, isCall);
}

function areMessages(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  for (let at = 0; at < value.length; at++) if (!isMessage(value[at])) return false;
  return true;
}

export function isMessage(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { sender, timestamp, content, channel } = value;
  if (!isText(content) || !isText(channel) || !isText(timestamp)) return false;
  if (typeof timestamp === "string" && Number.isNaN(Date.parse(timestamp))) return false;
  return sender === undefined || sender === null || sender === "customer" || sender === "bot" || sender === "agent";
}

function isCall(value: unknown): boolean {
  if (!isKept(value)) return false;
  const { id, from, to, provider } = value;
  return typeof id === "string" && id !== "" && isText(from) && isText(to) && isText(provider);
}

function isBusiness(value: unknown): boolean {
  return isObject(value) && isText(value["name"]) && isText(value["slug"]);
}

function areLimits(value: unknown): value is LimitsInput {
  if (!isPlain(value)) return false;
  for (const key of Object.keys(value)) {
    const range = Object.hasOwn(LIMIT_RANGES, key) ? LIMIT_RANGES[key as keyof typeof LIMIT_RANGES] : undefined;
    const amount = value[key];
    if (range === undefined) return false;
    if (amount !== undefined && !(Number.isSafeInteger(amount) && (amount as number) >= range[0] && (amount as number) <= range[1]))
      return false;
  }
  return true;
} // prettier-ignore

/** A schema leaves out a member of that name, and what is kept whole is kept as the schema would. */
const isKept = (value: unknown): value is Fields => isObject(value) && !Object.hasOwn(value, "__proto__");

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object without inherited keys, which a schema would read as its own. */
function isPlain(value: unknown): value is Fields {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function hasOnly(value: Fields, keys: ReadonlySet<string>): boolean {
  for (const key in value) if (!keys.has(key)) return false;
  return true;
}

const isText = (value: unknown): boolean => value === undefined || value === null || typeof value === "string";
const isName = (value: unknown): value is string | undefined =>
  value === undefined || (typeof value === "string" && value !== "" && value.length <= LONGEST_NAME);
const isNothingOr = (value: unknown, is: (value: unknown) => boolean): boolean =>
  value === undefined || value === null || is(value);

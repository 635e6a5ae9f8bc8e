/**
 * A context as it is handed in, read to the text that the action receives and to what the host relies on. Strangers decide how long it is: one of
 * ordinary length is read at once, a long one in slices, so that other conversations go on meanwhile.
 */
import type { Json } from "../base/json.ts";
import { parseJson } from "../base/large-json/read.ts";
import { takeOut } from "../base/large-json/skim.ts";
import { SMALL, type Size, isSmall, isWithin, sizeOf } from "../base/large-json/size.ts";
import { type NotWritten, writeJson } from "../base/large-json/write.ts";
import type { MaybePromise } from "../base/promises.ts";
import { type Slices, createSlices } from "../base/slices.ts";
import { MAX_DEPTH, isDeep } from "../sandbox/index.ts";
import { firstIssue } from "./issue.ts";
import { contextSchema, messageSchema } from "./context.ts";
import { type KnownContext, isMessage, recogniseContext } from "./recognise.ts";

export interface GivenContext {
  /** The text that the action receives. */
  readonly json: string;
  /** The same with its keys in order, for the hash of the input; null where it is short, and made when it is asked for. */
  readonly sortedJson: string | null;
  readonly known: KnownContext;
  /** The text of its arguments where they are long; `known` has none of them then. */
  readonly argsJson: string | null;
}

export interface NoContext {
  readonly code: "CONTEXT_INVALID" | "CONTEXT_TOO_LARGE";
  readonly message: string;
}

/** Past so many values no text is made of it in one turn, and a caller that changes it meanwhile changes what the action receives. */
const AT_ONCE = 50_000;

/** A value where the context is short. `withSorted`: the order of its keys will be asked for. */
export function readContext(
  given: unknown,
  maxBytes: number,
  withSorted: boolean,
): MaybePromise<GivenContext | NoContext> {
  let size: Size;
  try {
    size = sizeOf(given, { values: AT_ONCE, chars: maxBytes });
  } catch {
    return NO_JSON;
  }
  if (size.chars > maxBytes) return tooLarge(maxBytes);
  if (!isWithin(size, SMALL)) return readLong(given, size, maxBytes, withSorted);
  const json = toJson(given);
  if (json === null) return NO_JSON;
  const wrong = wrongWith(json, maxBytes);
  if (wrong !== null) return wrong;
  const parsed: unknown = JSON.parse(json);
  const known = recogniseContext(parsed) ?? parseContext(parsed);
  return typeof known === "string" ? invalid(known) : { json, sortedJson: null, known, argsJson: null };
}

async function readLong(
  given: unknown,
  { values }: Size,
  maxBytes: number,
  withSorted: boolean,
): Promise<GivenContext | NoContext> {
  const slices = createSlices({ isSpent: true });
  const options = { slices, chars: maxBytes, depth: MAX_DEPTH };
  if (values > AT_ONCE) await slices.pause();
  // In this very turn where it can be: the caller may go on with its own object.
  const json = values <= AT_ONCE ? toJson(given) : await writeJson(given, options);
  if (json === null) return NO_JSON;
  if (typeof json === "object") return notWritten(json, maxBytes);
  await slices.pause();
  const wrong = wrongWith(json, maxBytes);
  if (wrong !== null) return wrong;
  const { rest, member } = withSorted ? { rest: json, member: null } : await takeOut(json, "args", slices);
  const parsed = await parseJson(rest, slices);
  const sortedJson = withSorted ? await writeJson(parsed, { slices, sorted: true }) : null;
  const known = await readKnown(parsed, slices);
  if (typeof known === "string") return invalid(known);
  const read = { json, sortedJson: typeof sortedJson === "string" ? sortedJson : null };
  if (member === null) return { ...read, known, argsJson: null };
  // A schema leaves out a member of that name, at the top.
  if (member.length > SMALL.chars && !member.includes('"__proto__"')) return { ...read, known, argsJson: member };
  return { ...read, known: { ...known, args: kept(await parseJson(member, slices)) }, argsJson: null };
}

function notWritten({ wrong }: NotWritten, maxBytes: number): NoContext {
  if (wrong === "too_long") return tooLarge(maxBytes);
  return wrong === "too_deep" ? TOO_DEEP : NO_JSON;
}

/** As the schema reads it; whole, it would copy every member that it does not know, and write down what is wrong with each of many. */
async function readKnown(parsed: Json, slices: Slices): Promise<KnownContext | string> {
  const { conversation, business, customer, args } = fieldsOf(parsed);
  const { messages, call } = fieldsOf(conversation);
  // It is kept with each hand-off, and handed to the provider.
  if (!isSmall(call)) return "conversation.call: is larger than a call may be";
  const short = pruned(parsed, {
    conversation: pruned(conversation, { messages: Array.isArray(messages) ? [] : messages, call: pruned(call) }),
    business: pruned(business),
    customer: pruned(customer),
    args: pruned(args),
  });
  const read = parseContext(short);
  if (typeof read === "string") return read;
  const wrong = Array.isArray(messages) ? await firstWrongIn(messages as readonly Json[], slices) : null;
  if (wrong !== null) return wrong;
  const own = read.conversation && { ...read.conversation, call: read.conversation.call && (kept(call) as Call) };
  return { conversation: own, args: kept(args) };
}

type Call = NonNullable<NonNullable<KnownContext["conversation"]>["call"]>;
type Fields = Readonly<Record<string, Json>>;

/** Of what is no object, none. */
const fieldsOf = (value: Json | undefined): Fields => (isObject(value) ? value : {});
const isObject = (value: Json | undefined): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the schemas of a context name at any place. */
const NAMED = ["id", "publicId", "subject", "businessSlug", "initialChannel", "latestChannel", "name", "slug", "from", "to", "provider"]; // prettier-ignore

/** An object's members that a schema knows, of those that hold others what is given here; anything else as it is. */
function pruned(value: Json | undefined, inside: Readonly<Record<string, Json | undefined>> = {}): Json | undefined {
  if (!isObject(value)) return value;
  const named = NAMED.filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key]]);
  return { ...Object.fromEntries(named), ...inside } as Json;
}

/** A schema leaves out a member of that name. The value was read from text, and nothing else holds it. */
function kept(value: Json | undefined): Fields {
  if (Object.hasOwn(value as Fields, "__proto__")) Reflect.deleteProperty(value as Fields, "__proto__");
  return value as Fields;
}

const MESSAGES = 256;

async function firstWrongIn(messages: readonly Json[], slices: Slices): Promise<string | null> {
  for (let at = 0; at < messages.length; at++) {
    if (!isMessage(messages[at])) return wrongMessage(messages[at], at);
    if (at % MESSAGES === 0) await slices.pause();
  }
  return null;
}

export function parseContext(parsed: unknown): KnownContext | string {
  const context = contextSchema.safeParse(withoutMessages(parsed));
  if (!context.success) return firstIssue(context.error);
  // A schema writes down what is wrong with each of hundreds of thousands: it reads the first that is wrong.
  const messages = messagesOf(parsed);
  const at = messages?.findIndex((message) => !isMessage(message)) ?? -1;
  const wrong = at === -1 ? null : wrongMessage(messages![at], at);
  if (wrong !== null) return wrong;
  const { conversation, args } = context.data;
  if (!conversation) return { conversation: null, args };
  const { id, latestChannel = null, call = null } = conversation;
  return { conversation: { id, latestChannel, call }, args };
}

function wrongMessage(message: unknown, at: number): string | null {
  const read = messageSchema.safeParse(message);
  return read.success ? null : firstIssue(read.error, ["conversation", "messages", at]);
}

/** The same context with none of its messages where it has a list of them. */
function withoutMessages(context: unknown): unknown {
  if (messagesOf(context) === null) return context;
  const { conversation } = context as { readonly conversation: object };
  return { ...(context as object), conversation: { ...conversation, messages: [] } };
}

function messagesOf(context: unknown): readonly unknown[] | null {
  const { conversation } = (context ?? {}) as { readonly conversation?: { readonly messages?: unknown } | null };
  return Array.isArray(conversation?.messages) ? (conversation.messages as readonly unknown[]) : null;
}

function wrongWith(json: string, maxBytes: number): NoContext | null {
  if (isLonger(json, maxBytes)) return tooLarge(maxBytes);
  return isDeep(json) ? TOO_DEEP : null;
}

/** No character takes more than three bytes of UTF-8. */
function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && Buffer.byteLength(text) > bytes;
}

function toJson(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch {
    return null;
  }
}

const invalid = (why: string): NoContext => ({ code: "CONTEXT_INVALID", message: `The context is not valid: ${why}.` });
const NO_JSON = invalid("it cannot be written as JSON");
const TOO_DEEP = invalid(`it nests deeper than ${MAX_DEPTH} levels`);
const tooLarge = (maxBytes: number): NoContext => ({
  code: "CONTEXT_TOO_LARGE",
  message: `The context is larger than ${maxBytes} bytes (contextBytes).`,
});

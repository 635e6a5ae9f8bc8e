/** The context that `baton run` calls an action with: the given one, the one beside the action or a sample, with what the flags change of it. */
import { resolve } from "node:path";
import { channelMistake } from "../author/scenarios/channel.ts";
import { contextBeside } from "../author/scenarios/files.ts";
import { contextChannelMistake, conversationIdOf, onChannel, readContextFile } from "../author/scenarios/load.ts";
import { readTextStream, shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import { findJsonMistake } from "../author/json-position.ts";
import type { Json } from "../sandbox/index.ts";
import type { Io } from "./command.ts";
import type { Arguments } from "./flags.ts";

export interface RunContext {
  readonly context: Json;
  /** The file that it was read from and that says all of it; null where flags changed something, or there is none. */
  readonly file: string | null;
  readonly notes: readonly string[];
}

export async function readRunContext(given: Arguments, action: string, io: Io): Promise<RunContext> {
  const { context: base, file, note } = await readBase(given, action, io);
  const args = readArgs(given);
  const channel = readChannel(given);
  const withArgs =
    args === null ? base : { ...fieldsOf(base), args: { ...fieldsOf(fieldsOf(base)["args"] ?? null), ...args } };
  if (channel !== undefined && conversationIdOf(base) === null) {
    throw new InputError("BAD_FLAG", "--channel needs a context with a conversation that has an id.");
  }
  const context = channel === undefined ? withArgs : onChannel(withArgs, channel);
  const mistake = contextChannelMistake(context);
  const notes = [
    ...(note === null ? [] : [note]),
    ...(mistake === null ? [] : [`the context's conversation.latestChannel: ${mistake}.`]),
  ];
  return { context, file: context === base ? file : null, notes };
}

async function readBase({ values }: Arguments, action: string, io: Io) {
  const asked = values.get("context");
  if (asked === "-") return { context: await readStdin(io), file: null, note: null };
  if (asked !== undefined) return { context: await readContextFile(resolve(asked)), file: resolve(asked), note: null };
  const beside = contextBeside(action);
  const note =
    beside === null
      ? "without --context the action gets a sample: a chat in which a customer asks for an order, with args.orderId. Other args: --arg key=value."
      : `the context is ${shown(beside)}.`;
  return { context: await readContextFile(beside), file: beside, note };
}

async function readStdin(io: Io): Promise<Json> {
  const text = await readTextStream(io.stdin, "The context");
  const mistake = findJsonMistake(text);
  if (mistake === null) return JSON.parse(text) as Json;
  const { line, column, expected } = mistake;
  const place = `line ${line}, column ${column}: expected ${expected}`;
  throw new InputError("CONTEXT_NOT_JSON", `The context on standard input is not JSON: ${place}.`);
}

function readChannel({ values }: Arguments): string | undefined {
  const channel = values.get("channel");
  const mistake = channel === undefined ? null : channelMistake(channel);
  if (mistake !== null) throw new InputError("BAD_FLAG", `--channel: ${mistake}.`);
  return channel;
}

/** `--args` is the whole, `--arg key=value` single keys that win over it; null without either. */
function readArgs({ values, lists }: Arguments): { readonly [key: string]: Json } | null {
  const whole = values.get("args");
  const single = lists.get("arg") ?? [];
  if (whole === undefined && single.length === 0) return null;
  return { ...(whole === undefined ? {} : readWhole(whole)), ...Object.fromEntries(single.map(readSingle)) };
}

function readWhole(text: string): { readonly [key: string]: Json } {
  const mistake = findJsonMistake(text);
  if (mistake !== null) {
    const { line, column, expected } = mistake;
    throw new InputError("BAD_FLAG", `--args is not JSON: line ${line}, column ${column}: expected ${expected}.`);
  }
  const value = JSON.parse(text) as Json;
  if (value !== null && typeof value === "object" && !Array.isArray(value))
    return value as { readonly [key: string]: Json };
  throw new InputError("BAD_FLAG", `--args needs an object, such as --args '{"orderId": "A-1001"}'.`);
}

/** What reads as JSON is it; everything else is text. */
function readSingle(pair: string): [string, Json] {
  const at = pair.indexOf("=");
  if (at < 1) throw new InputError("BAD_FLAG", "--arg needs a key and a value: --arg orderId=A-1001.");
  const [key, text] = [pair.slice(0, at), pair.slice(at + 1)];
  return [key, findJsonMistake(text) === null ? (JSON.parse(text) as Json) : text];
}

function fieldsOf(value: Json): { readonly [key: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : {};
}

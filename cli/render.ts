/**
 * An outcome as a person reads it. First how it ended, then what became of the customer: was a human called, what may the bot say.
 * Everything that the action wrote is shown harmless: nothing of it can move the cursor, colour or clear the terminal.
 */
import type { Intent } from "../host-api/handoff/intent.ts";
import type { Handoff, Outcome, OutcomeError, Status } from "../runtime/outcome.ts";
import type { LogLine, Usage } from "../sandbox/index.ts";
import type { Style, Terminal } from "./terminal.ts";
import { visible, visibleLine, wrap } from "../author/text.ts";

const INDENT = "  ";
/** Lines of a return value that are shown; all of it is in the JSON. */
const VALUE_LINES = 60;

export function renderOutcome(outcome: Outcome, terminal: Terminal): string {
  return [
    headline(outcome, terminal),
    section("hand-off", handoffLines(outcome, terminal), terminal),
    section("bot", [fit(botSentence(outcome.bot), terminal)], terminal),
    section("return value", valueLines(outcome, terminal), terminal),
    section("warnings", warningLines(outcome, terminal), terminal),
    outcome.error && section("error", errorLines(outcome.error, terminal), terminal),
    section("logs", logLines(outcome, terminal), terminal),
    section("times", [fit(usageSentence(outcome.usage), terminal)], terminal),
  ]
    .filter((part) => part !== undefined)
    .join("\n");
}

/** What an author wants to see of a run at a glance. */
export function renderBrief(outcome: Outcome, { columns, paint }: Terminal): string[] {
  // Everything below breaks its lines for one indent, and these have two.
  const terminal = { columns: columns - INDENT.length, paint };
  const { handoff, intents, bot, error, status } = outcome;
  const asked = intents.length > 0 || handoff !== null;
  const lines = [
    ...(status === "returned" ? [] : [terminal.paint("red", STATUS_WORDS[status])]),
    ...(asked ? handoffLines(outcome, terminal) : []),
    terminal.paint("dim", fit(`bot: ${botSentence(bot)}`, terminal)),
    ...valueLines(outcome, terminal),
    ...warningLines(outcome, terminal),
    ...(error === undefined ? [] : errorLines(error, terminal)),
    ...logLines(outcome, terminal),
  ];
  return lines.flatMap((line) => line.split("\n")).map((line) => INDENT.repeat(2) + line);
}

/** What never ran needs one sentence, and the place in the source if there is one. */
export function renderInvalid({ error }: Outcome, terminal: Terminal): string {
  const sentence = `${terminal.paint("red", "baton:")} ${visible(error?.message ?? "The run is invalid.")}`;
  return error?.frame === undefined ? sentence : `${sentence}\n${frameLines(error.frame, terminal).join("\n")}`;
}

function headline({ status, usage, executionId }: Outcome, { paint, columns }: Terminal): string {
  const style: Style = status === "returned" ? "green" : "red";
  const head = `${paint([style, "bold"], STATUS_WORDS[status])} after ${milliseconds(usage.wallMs)}`;
  return columns < 70 ? head : `${head} ${paint("dim", `(execution ${visibleLine(executionId)})`)}`;
}

const STATUS_WORDS: Readonly<Record<Status, string>> = {
  returned: "returned",
  threw: "threw",
  timed_out: "timed out",
  out_of_memory: "out of memory",
  crashed: "crashed",
  cancelled: "cancelled",
  refused: "refused",
  invalid: "invalid",
};

/** A section without lines is left out. Lines come broken to the width that the indent leaves, see `fit`. */
function section(title: string, lines: readonly string[], { paint }: Terminal): string | undefined {
  if (lines.length === 0) return undefined;
  const body = lines.flatMap((line) => line.split("\n")).map((line) => INDENT + line);
  return `\n${paint("bold", title)}\n${body.join("\n")}`;
}

/** Broken before it is painted: escape sequences have no width. */
function fit(text: string, { columns }: Terminal, hanging = ""): string {
  return wrap(text, columns - INDENT.length, "", hanging);
}

function handoffLines({ handoff, intents }: Outcome, terminal: Terminal): string[] {
  const lines = [fit(handoffSentence(handoff), terminal)];
  if (handoff !== null) {
    const reason = handoff.reason === null ? "no reason given" : `reason: ${visibleLine(handoff.reason)}`;
    lines.push(fit(reason, terminal, INDENT));
  }
  for (const [index, intent] of intents.entries()) {
    const call = fit(`call ${index + 1}: ${intentSentence(intent)}`, terminal, INDENT);
    lines.push(terminal.paint(intent.verdict === "rejected" ? "red" : "dim", call));
  }
  return lines;
}

function handoffSentence(handoff: Handoff | null): string {
  if (handoff === null) return "none by this run";
  const sentences = handoff.kind === "handoff" ? HANDOFF_WORDS : TRANSFER_WORDS;
  const destination = handoff.phoneDestination === null ? "" : ` to ${visibleLine(handoff.phoneDestination)}`;
  return sentences[handoff.state].replace("{to}", () => destination);
}

const HANDOFF_WORDS: Readonly<Record<Handoff["state"], string>> = {
  recorded: "recorded: a human takes over",
  fired: "fired: a human takes over",
  delivered: "delivered: a human takes over",
  failed: "recorded, but its delivery failed",
  unknown: "not known yet whether it was recorded; the bot acts as if it was",
};

const TRANSFER_WORDS: Readonly<Record<Handoff["state"], string>> = {
  recorded: "phone transfer{to} recorded, not fired yet",
  fired: "phone transfer fired: the live call goes{to}",
  delivered: "phone transfer done: the live call went{to}",
  failed: "phone transfer{to} recorded, but it failed",
  unknown: "not known whether the phone transfer{to} went through; the bot acts as if it did",
};

function intentSentence({ kind, verdict, phoneDestination, message }: Intent): string {
  const asked =
    kind === "handoff" ? "hand-off" : `phone transfer${phoneDestination ? ` to ${visibleLine(phoneDestination)}` : ""}`;
  return `${asked}, ${verdict.replaceAll("_", " ")}. ${visibleLine(message)}`;
}

function botSentence({ mayReplyNow, mayReplyLater }: Outcome["bot"]): string {
  if (mayReplyNow) return mayReplyLater ? "answers now and goes on" : "answers this once; later messages get no reply";
  return mayReplyLater ? "says nothing now, may answer later" : "says nothing, now or later";
}

function valueLines({ status, returnValue, returnValueDiscarded }: Outcome, terminal: Terminal): string[] {
  if (returnValueDiscarded) return [fit("discarded: the phone transfer fired, so the bot never sees it", terminal)];
  if (status !== "returned") return [];
  const lines = visible(JSON.stringify(returnValue, null, 2)).split("\n");
  const shown = lines.slice(0, VALUE_LINES).map((line) => fit(line, terminal, INDENT.repeat(2)));
  const more = lines.length - shown.length;
  return more === 0 ? shown : [...shown, fit(`(${more} more lines; --json shows all)`, terminal)];
}

function warningLines({ warnings }: Outcome, terminal: Terminal): string[] {
  return warnings.map(({ code, message }) => {
    const text = fit(`${visibleLine(code)}: ${visibleLine(message)}`, terminal, INDENT);
    return terminal.paint(code === "HANDOFF_REJECTED" ? ["red", "bold"] : "yellow", text);
  });
}

function errorLines({ code, name, message, stack, frame, retry }: OutcomeError, terminal: Terminal): string[] {
  const { paint } = terminal;
  const lines = [
    paint("red", fit(`${visibleLine(name)}: ${visible(message)}`, terminal)),
    paint("dim", fit(`${visibleLine(code)}, ${RETRY_WORDS[retry]}`, terminal)),
  ];
  if (frame !== undefined) lines.push(...frameLines(frame, terminal));
  const places = placesOf(stack ?? "").map(({ text, isPlace }) => {
    const shown = fit(visible(text.trim()), terminal, INDENT);
    return paint(isPlace ? "dim" : "red", shown);
  });
  return [...lines, ...places];
}

const INNER = /^(?:Caused by|While handling|Suppressed|One of|Error(?: \d{1,9} of \d{1,9})?): /;

/** The places of an error, and what was wrong with those that it brings along. The first lines of a stack repeat its name and message. */
function placesOf(stack: string): { readonly text: string; readonly isPlace: boolean }[] {
  let isHead = true;
  return stack.split("\n").flatMap((text, index) => {
    const isPlace = /^\s+(?:at |… \d+ more times$)/.test(text);
    if (isPlace || (index > 0 && INNER.test(text))) isHead = false;
    return isHead ? [] : [{ text, isPlace }];
  });
}

const RETRY_WORDS: Readonly<Record<OutcomeError["retry"], string>> = {
  safe: "may be repeated",
  unsafe: "check what it did before you repeat it",
  never: "repeating it cannot help",
};

/** Cut at the width of the terminal, unless that would cut off the mark. */
export function frameLines(frame: string, { columns }: Terminal): string[] {
  const lines = visible(frame).split("\n");
  const room = columns - INDENT.length - 1;
  const mark = Math.max(...lines.map((line) => (/^[\s|]*\^/.test(line) ? line.indexOf("^") : -1)));
  return mark >= room ? lines : lines.map((line) => (line.length > room ? `${line.slice(0, room - 1)}…` : line));
}

function logLines({ logs, logsDropped }: Outcome, terminal: Terminal): string[] {
  const lines = logs.map((line) => terminal.paint(LEVEL_STYLES[line.level], fit(logText(line), terminal, INDENT)));
  return logsDropped === 0 ? lines : [...lines, `(${logsDropped} more lines were dropped)`];
}

const LEVEL_STYLES: Readonly<Record<LogLine["level"], Style | readonly Style[]>> = {
  debug: "dim",
  info: [],
  warn: "yellow",
  error: "red",
};

function logText({ time, level, message }: LogLine): string {
  return `${visibleLine(time.slice(11, 23))} ${level.padEnd(5)} ${visible(message)}`;
}

function usageSentence({ queuedMs, wallMs, hostMs, cpuMs, peakMemoryBytes, hostCalls }: Usage): string {
  const mebibytes = (peakMemoryBytes / 1024 / 1024).toFixed(1);
  const calls = `${hostCalls} host ${hostCalls === 1 ? "call" : "calls"}`;
  return (
    `ran ${milliseconds(wallMs)} (cpu ${milliseconds(cpuMs)}), waited ${milliseconds(hostMs)} for the host and ` +
    `${milliseconds(queuedMs)} to start; ${mebibytes} MiB at most, ${calls}`
  );
}

function milliseconds(amount: number): string {
  return amount >= 10 ? `${Math.round(amount)} ms` : `${Number(amount.toFixed(1))} ms`;
}

/**
 * What `npm start` shows: the fixture actions over the channels, inside and outside business hours, with the real rules and nothing
 * attached. One runtime serves all of it, as it would in a bot platform.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { terminalOf } from "../cli/terminal.ts";
import { visibleLine, wrap } from "../author/text.ts";
import { createRuntime } from "../runtime/index.ts";
import type { Outcome } from "../runtime/outcome.ts";

interface Stop {
  readonly title: string;
  readonly action: string;
  readonly args: Readonly<Record<string, string>>;
  readonly now: string;
}

const OPEN = "2026-03-02T15:00:00Z"; // Monday, 10 o'clock in New York
const CLOSED = "2026-03-01T15:00:00Z"; // Sunday
const CHANNELS = ["chat", "email", "phone"] as const;

const STOPS: readonly Stop[] = [
  { title: "fraud-review, an ordinary order", action: "fraud-review", args: { orderId: "A-1001" }, now: OPEN },
  { title: "fraud-review, a flagged order", action: "fraud-review", args: { orderId: "A-1002" }, now: OPEN },
  { title: "cancellation, it works", action: "cancellation", args: { orderId: "A-1001" }, now: OPEN },
  { title: "cancellation, it fails", action: "cancellation", args: { orderId: "A-1003" }, now: OPEN },
  { title: "business-hours, open", action: "business-hours", args: {}, now: OPEN },
  { title: "business-hours, closed", action: "business-hours", args: {}, now: CLOSED },
];

const { columns, paint } = terminalOf(process.stdout);

await tour();

async function tour(): Promise<void> {
  const intro = "The fixture actions on every channel. The rules are those of production; nobody is called.";
  console.log(wrap(intro, columns));
  await using runtime = await createRuntime();
  for (const stop of STOPS) {
    console.log(`\n${paint("bold", stop.title)}`);
    for (const channel of CHANNELS) {
      const action = { file: fixture(`actions/${stop.action}.ts`) };
      const context = await readContext(channel, stop);
      console.log(renderRow(channel, await runtime.execute({ action, context, now: stop.now })));
    }
  }
  console.log(`\n${whatNext()}`);
}

function renderRow(channel: string, outcome: Outcome): string {
  const told = `${effect(outcome)} ${answer(outcome)}`;
  const style = outcome.status !== "returned" ? "red" : outcome.handoff === null ? "dim" : "green";
  const text = wrap(visibleLine(told), columns, " ".repeat(9)).trimStart();
  return `  ${paint("cyan", channel.padEnd(7))}${paint(style, text)}`;
}

function effect({ handoff, status }: Outcome): string {
  if (handoff === null) return status === "returned" ? "No hand-off." : `No hand-off, ${status.replaceAll("_", " ")}.`;
  if (handoff.kind === "phone_transfer") return `Call transferred to ${handoff.phoneDestination}.`;
  return handoff.reason === null ? "Handed off." : `Handed off: ${handoff.reason}.`;
}

function answer({ bot, returnValueDiscarded, error }: Outcome): string {
  if (error) return `${error.name}: ${error.message}`;
  if (returnValueDiscarded) return "The return value is discarded, the bot says nothing more.";
  if (!bot.mayReplyNow) return "The bot says nothing.";
  return bot.mayReplyLater ? "The bot answers and goes on." : "The bot answers once, then no more.";
}

function whatNext(): string {
  const commands = [
    "npm run baton -- run fixtures/actions/business-hours.ts --context fixtures/contexts/phone.json",
    "npm run baton -- run --help",
  ];
  return [
    paint("bold", "Next"),
    wrap("See one of them in full, with your own clock, channel or limits:", columns, "  "),
    ...commands.map((command) => wrap(command, columns, "  ", "    ")),
    wrap("README.md shows how a bot platform embeds the runtime, fixtures/README.md what else to try.", columns, "  "),
  ].join("\n");
}

/** Each stop has a conversation of its own: what an earlier one handed off stays handed off. */
async function readContext(channel: string, { title, args }: Stop): Promise<Record<string, unknown>> {
  const text = await readFile(fixture(`contexts/${channel}.json`), "utf8");
  const context = JSON.parse(text) as { conversation: object };
  return { ...context, args, conversation: { ...context.conversation, id: `${channel}: ${title}` } };
}

function fixture(path: string): string {
  return fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
}

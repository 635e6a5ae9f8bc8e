/**
 * The tour: what `npm start` shows: the fixture actions over the channels, inside and outside business hours, in TypeScript and in Python side by side, with
 * the real rules and nothing attached. One runtime serves all of it, as it would in a bot platform.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { terminalOf } from "../cli/terminal.ts";
import { visibleLine, wrap } from "../author/text.ts";
import { createRuntime } from "../runtime/index.ts";
import type { Runtime } from "../runtime/index.ts";
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
const LANGUAGES = [
  { name: "TypeScript", file: (action: string) => `actions/${action}.ts` },
  { name: "Python", file: (action: string) => `python/${action.replaceAll("-", "_")}.py` },
] as const;
/** Of the widest name. */
const NAME_WIDTH = 12;

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
  const intro =
    "The fixture actions on every channel, in TypeScript and in Python. The rules are those of production; no human is called.";
  console.log(wrap(intro, columns));
  await using runtime = await createRuntime({ python: { globals: fixture("python/shop/helpers.py") } });
  for (const stop of STOPS) {
    console.log(`\n${paint("bold", stop.title)}`);
    for (const channel of CHANNELS) await showChannel(runtime, stop, channel);
  }
  console.log(`\n${whatNext()}`);
}

/** What both languages bring about, which has to be the same. */
async function showChannel(runtime: Runtime, stop: Stop, channel: string): Promise<void> {
  const rows = await Promise.all(
    LANGUAGES.map(async ({ name, file }) => {
      const context = await readContext(`${channel}: ${name}`, channel, stop);
      return {
        name,
        outcome: await runtime.execute({ action: { file: fixture(file(stop.action)) }, context, now: stop.now }),
      };
    }),
  );
  for (const [at, { name, outcome }] of rows.entries()) console.log(renderRow(at === 0 ? channel : "", name, outcome));
}

function renderRow(channel: string, language: string, outcome: Outcome): string {
  const shown = `${effect(outcome)} ${answer(outcome)}`;
  const style = outcome.status !== "returned" ? "red" : outcome.handoff === null ? "dim" : "green";
  const text = wrap(visibleLine(shown), columns, " ".repeat(9 + NAME_WIDTH)).trimStart();
  return `  ${paint("cyan", channel.padEnd(7))}${paint("dim", language.padEnd(NAME_WIDTH))}${paint(style, text)}`;
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
    "npm run baton -- run fixtures/python/business_hours.py --context fixtures/contexts/phone.json",
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
async function readContext(id: string, channel: string, { title, args }: Stop): Promise<Record<string, unknown>> {
  const text = await readFile(fixture(`contexts/${channel}.json`), "utf8");
  const context = JSON.parse(text) as { conversation: object };
  return { ...context, args, conversation: { ...context.conversation, id: `${id}: ${title}` } };
}

function fixture(path: string): string {
  return fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
}

/** `baton outbox`: an operator looks at what waits for a human, tries it again, or lets it go. */
import type { Outbox, OutboxFilter, OutboxView, Replayed } from "../delivery/index.ts";
import { HostFault } from "../base/fault.ts";
import type { Command, Io } from "./command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { fault } from "./fault.ts";
import { readArguments } from "./flags.ts";
import { instantOf } from "./instant.ts";
import { InputError } from "../author/input-error.ts";
import { nearest } from "../base/suggest.ts";
import { hasSwitch } from "./switches.ts";
import { visibleJson, visibleLine } from "../author/text.ts";

type Line = Pick<Io, "stdout" | "stderr">;

const STATUSES = ["waiting", "sending", "delivered", "dead"] as const;
const VERBS = ["list", "count", "show", "retry", "drop"] as const;

const USAGE = {
  synopsis: "outbox list|count|show|retry|drop [INTENT] --store ADDRESS [flags]",
  description:
    "Looks at the hand-offs that wait for delivery, tries one or many again, or lets them go. For operators of a bot platform; authors do not need it.",
  operands: VERBS,
  flags: [
    { name: "store", value: "ADDRESS", description: "sqlite:PATH or postgres://…" },
    {
      name: "status",
      value: "STATUS",
      choices: STATUSES,
      description: "waiting, sending, delivered or dead only",
    },
    { name: "tenant", value: "TENANT", description: "of this tenant only" },
    { name: "since", value: "TIME", description: "recorded or settled since: an ISO time, or 30m, 6h, 2d ago" },
    { name: "after", value: "CURSOR", description: "list: from the row with this cursor on" },
    { name: "limit", value: "N", description: "list: at most so many, 100 by default" },
    { name: "json", description: "print one line of JSON: the rows, or the row" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    "baton outbox list --store sqlite:handoffs.db --status dead",
    "baton outbox retry 0b1c… --store sqlite:handoffs.db",
    "baton outbox retry --status dead --tenant acme --since 6h --store sqlite:handoffs.db",
  ],
} as const;

export const outboxCommand: Command = { usage: USAGE, run: (args, io) => outbox(args, io) };

export async function outbox(args: readonly string[], io: Line): Promise<ExitStatus> {
  try {
    const request = readRequest(args);
    const { openHandoffs } = await import("../delivery/index.ts");
    await using handoffs = await openHandoffs({ store: request.store, relay: false, migrate: "never" });
    return await answer(request, handoffs.outbox, io);
  } catch (error) {
    return fault(error, io, hasSwitch(args, "json"));
  }
}

interface Request {
  readonly verb: (typeof VERBS)[number];
  readonly intentId: string;
  readonly store: string;
  readonly filter: OutboxFilter;
  readonly json: boolean;
}

function readRequest(args: readonly string[]): Request {
  const { positionals, values, switches } = readArguments(args, USAGE.flags);
  const [asked = "", intentId = "", ...rest] = positionals;
  if (asked === "") throw new InputError("BAD_FLAG", "Say what to do: list, count, show, retry or drop.");
  const verb = oneOf(VERBS, asked, "There is no outbox");
  const many =
    verb === "retry" || verb === "drop" ? ["status", "tenant", "since"].some((name) => values.has(name)) : false;
  const takesNone = verb === "list" || verb === "count" || many;
  if (takesNone !== (intentId === "") || rest.length > 0) {
    const sentence = many
      ? `${verb} takes an intent id or --status, --tenant and --since, not both.`
      : takesNone
        ? `${verb} takes no intent.`
        : `${verb} takes one intent id; list shows them.`;
    throw new InputError("BAD_FLAG", `baton outbox ${sentence}`);
  }
  refuseOthers(verb, many, values);
  const store = values.get("store");
  if (store === undefined) throw new InputError("BAD_FLAG", "--store is missing: sqlite:PATH or postgres://…");
  const status = values.get("status");
  const tenant = values.get("tenant");
  const limit = values.get("limit") ?? "100";
  if (!/^[1-9]\d{0,6}$/.test(limit)) throw new InputError("BAD_FLAG", "--limit needs a whole number from 1.");
  const after = values.get("after");
  if (after !== undefined && !/^\d{1,15}:./s.test(after))
    throw new InputError("BAD_FLAG", "--after needs the cursor of a row, as list --json shows it.");
  const filter = {
    limit: Number(limit),
    ...(status === undefined ? {} : { status: oneOf(STATUSES, status, "There is no status") }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(values.has("since") ? { since: readSince(values.get("since") ?? "") } : {}),
    ...(after === undefined ? {} : { after }),
  };
  return { verb, intentId, store, filter, json: switches.has("json") };
}

/** A flag that a verb does not read would be passed over: `drop --limit 5` would drop all. */
function refuseOthers(verb: Request["verb"], many: boolean, values: ReadonlyMap<string, string>): void {
  const selecting = ["status", "tenant", "since"];
  const known = verb === "list" ? [...selecting, "after", "limit"] : verb === "count" || many ? selecting : [];
  const other = [...values.keys()].find((name) => name !== "store" && !known.includes(name));
  if (other !== undefined) throw new InputError("BAD_FLAG", `baton outbox ${verb} takes no --${other}.`);
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function readSince(given: string): Date {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(given) ?? [];
  if (count !== undefined && unit !== undefined)
    return new Date(Date.now() - Number(count) * UNITS[unit as keyof typeof UNITS]);
  // A day alone begins at midnight UTC.
  const time = instantOf(/^\d{4}-\d\d-\d\d$/.test(given) ? `${given}T00:00:00Z` : given);
  if (time === null)
    throw new InputError(
      "BAD_FLAG",
      "--since needs an ISO time with its zone, such as 2026-11-27T09:00:00Z, or how long ago: 30m, 6h, 2d.",
    );
  return time;
}

function oneOf<Word extends string>(words: readonly Word[], asked: string, sentence: string): Word {
  const found = words.find((word) => word === asked);
  if (found !== undefined) return found;
  const near = nearest(asked, words);
  const hint = near === null ? `it is ${words.slice(0, -1).join(", ")} or ${words.at(-1)}.` : `did you mean ${near}?`;
  throw new InputError("BAD_FLAG", `${sentence} ${visibleLine(asked.slice(0, 80))}: ${hint}`);
}

async function answer({ verb, intentId, filter, json }: Request, outbox: Outbox, io: Line): Promise<ExitStatus> {
  const { limit: _limit, after: _after, ...selection } = filter;
  switch (verb) {
    case "list": {
      const rows = await outbox.list(filter);
      io.stdout.write(json ? jsonLine(rows) : table(rows));
      return EXIT.ok;
    }
    case "count": {
      const counts = await outbox.counts(selection);
      const lines = Object.entries(counts).map(([status, rows]) => `${status.padEnd(10)} ${rows}`);
      io.stdout.write(json ? jsonLine(counts) : `${lines.join("\n")}\n`);
      return EXIT.ok;
    }
    case "show": {
      const row = await outbox.show(intentId);
      if (row === null) {
        throw new HostFault(
          "OUTBOX_NO_SUCH_ROW",
          `There is no row ${visibleLine(intentId)}: list shows those there are.`,
          "never",
        );
      }
      const lines = Object.entries(row).map(
        ([name, value]) => `${name.padEnd(18)} ${visibleLine(String(value ?? "-"))}`,
      );
      io.stdout.write(json ? jsonLine(row) : `${lines.join("\n")}\n`);
      return EXIT.ok;
    }
    case "retry":
    case "drop": {
      if (intentId === "")
        return replayAll(verb === "retry" ? outbox.retryAll(selection) : outbox.dropAll(selection), io, json);
      await outbox[verb](intentId);
      const done = verb === "retry" ? "is due now" : "was dropped";
      io.stdout.write(json ? jsonLine(await outbox.show(intentId)) : `${intentId} ${done}.\n`);
      return EXIT.ok;
    }
  }
}

/** One line for each row, so that what was done can be kept. */
async function replayAll(rows: AsyncIterable<Replayed>, io: Line, json: boolean): Promise<ExitStatus> {
  let done = 0;
  let left = 0;
  for await (const row of rows) {
    if (row.done) done += 1;
    else left += 1;
    const said = row.done ? "done" : `left: ${row.message}`;
    const { intentId, tenant, conversationId } = row;
    io.stdout.write(
      json ? jsonLine(row) : `${intentId}  ${visibleLine(tenant)}  ${visibleLine(conversationId)}  ${said}\n`,
    );
  }
  if (!json) io.stderr.write(`${done} done, ${left} left as they are.\n`);
  return EXIT.ok;
}

function table(rows: readonly OutboxView[]): string {
  if (rows.length === 0) return "Nothing there.\n";
  const cells = rows.map((row) => [
    row.intentId,
    row.status,
    row.state,
    String(row.attempts),
    row.code ?? "-",
    visibleLine(row.tenant),
    visibleLine(row.conversationId),
    row.recordedAt,
  ]);
  const head = ["INTENT", "STATUS", "STATE", "ATTEMPTS", "CODE", "TENANT", "CONVERSATION", "RECORDED"];
  const widths = head.map((_, at) => Math.max(...[head, ...cells].map((row) => (row[at] ?? "").length)));
  const lines = [head, ...cells].map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

function jsonLine(value: unknown): string {
  return `${visibleJson(JSON.stringify(value))}\n`;
}

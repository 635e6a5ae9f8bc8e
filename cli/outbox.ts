/** `baton outbox`: an operator looks at what waits for a human, tries it again, or lets it go. */
import type { Outbox, OutboxFilter, OutboxView } from "../delivery/index.ts";
import { HostFault } from "../base/fault.ts";
import type { Command, Io } from "./command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { fault } from "./fault.ts";
import { readArguments } from "./flags.ts";
import { InputError } from "../author/input-error.ts";
import { nearest } from "../base/suggest.ts";
import { hasSwitch } from "./switches.ts";
import { visibleJson, visibleLine } from "../author/text.ts";

type Line = Pick<Io, "stdout" | "stderr">;

const STATUSES = ["waiting", "sending", "delivered", "dead"] as const;
const VERBS = ["list", "show", "retry", "drop"] as const;

const USAGE = {
  synopsis: "outbox list|show|retry|drop [INTENT] --store ADDRESS [flags]",
  description:
    "Looks at the hand-offs that wait for delivery, tries one again, or lets it go. For whoever runs a bot platform: authors need it not.",
  operands: VERBS,
  flags: [
    { name: "store", value: "ADDRESS", description: "sqlite:PATH or postgres://…" },
    {
      name: "status",
      value: "STATUS",
      choices: STATUSES,
      description: "list: waiting, sending, delivered or dead",
    },
    { name: "tenant", value: "TENANT", description: "list: of this tenant only" },
    { name: "limit", value: "N", description: "list: at most so many, 100 by default" },
    { name: "json", description: "print one line of JSON: the rows, or the row" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    "baton outbox list --store sqlite:handoffs.db --status dead",
    "baton outbox retry 0b1c… --store sqlite:handoffs.db",
  ],
} as const;

export const outboxCommand: Command = { usage: USAGE, run: (args, io) => outbox(args, io) };

export async function outbox(args: readonly string[], io: Line): Promise<ExitStatus> {
  try {
    const request = readRequest(args);
    const { openHandoffs } = await import("../delivery/index.ts");
    await using handoffs = await openHandoffs({ store: request.store, relay: false });
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
  if (asked === "") throw new InputError("BAD_FLAG", "Say what to do: list, show, retry or drop.");
  const verb = oneOf(VERBS, asked, "There is no outbox");
  if ((verb === "list") !== (intentId === "") || rest.length > 0) {
    const sentence = verb === "list" ? "list takes no intent." : `${verb} takes one intent id; list shows them.`;
    throw new InputError("BAD_FLAG", `baton outbox ${sentence}`);
  }
  const store = values.get("store");
  if (store === undefined) throw new InputError("BAD_FLAG", "--store is missing: sqlite:PATH or postgres://…");
  const status = values.get("status");
  const tenant = values.get("tenant");
  const limit = values.get("limit") ?? "100";
  if (!/^[1-9]\d{0,6}$/.test(limit)) throw new InputError("BAD_FLAG", "--limit needs a whole number from 1.");
  const filter = {
    limit: Number(limit),
    ...(status === undefined ? {} : { status: oneOf(STATUSES, status, "There is no status") }),
    ...(tenant === undefined ? {} : { tenant }),
  };
  return { verb, intentId, store, filter, json: switches.has("json") };
}

function oneOf<Word extends string>(words: readonly Word[], asked: string, sentence: string): Word {
  const found = words.find((word) => word === asked);
  if (found !== undefined) return found;
  const near = nearest(asked, words);
  const hint = near === null ? `it is ${words.slice(0, -1).join(", ")} or ${words.at(-1)}.` : `did you mean ${near}?`;
  throw new InputError("BAD_FLAG", `${sentence} ${visibleLine(asked.slice(0, 80))}: ${hint}`);
}

async function answer({ verb, intentId, filter, json }: Request, outbox: Outbox, io: Line): Promise<ExitStatus> {
  switch (verb) {
    case "list": {
      const rows = await outbox.list(filter);
      io.stdout.write(json ? jsonLine(rows) : table(rows));
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
      await outbox[verb](intentId);
      const done = verb === "retry" ? "is due now" : "was dropped";
      io.stdout.write(json ? jsonLine(await outbox.show(intentId)) : `${intentId} ${done}.\n`);
      return EXIT.ok;
    }
  }
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

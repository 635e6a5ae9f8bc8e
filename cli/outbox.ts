/** `baton outbox`: an operator looks at what waits for a human, tries it again, or lets it go. */
import { parseArgs } from "node:util";
import type { Outbox, OutboxFilter, OutboxView } from "../delivery/index.ts";
import type { Command, Io } from "./command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { visibleLine } from "./text.ts";

type Line = Pick<Io, "stdout" | "stderr">;

const STATUSES = ["waiting", "sending", "delivered", "dead"] as const;

export const outboxCommand: Command = {
  usage: {
    synopsis: "outbox list|show|retry|drop [INTENT] --store ADDRESS",
    description: "Looks at the hand-offs that wait for delivery, tries one again, or lets it go.",
    flags: [
      { name: "store", value: "ADDRESS", description: "sqlite:PATH or postgres://…" },
      { name: "status", value: "STATUS", description: "list: waiting, sending, delivered or dead" },
      { name: "tenant", value: "TENANT", description: "list: of this tenant only" },
      { name: "limit", value: "N", description: "list: at most so many, 100 by default" },
      { name: "json", description: "one JSON value on standard output" },
    ],
    examples: [
      "baton outbox list --store sqlite:handoffs.db --status dead",
      "baton outbox retry 0b1c… --store sqlite:handoffs.db",
    ],
  },
  run: (args, io) => outbox(args, io),
};

export async function outbox(args: readonly string[], io: Line): Promise<ExitStatus> {
  let request: Request;
  try {
    request = readRequest(args);
  } catch (error) {
    return refuse(io, Error.isError(error) ? error.message : String(error));
  }
  try {
    const { openHandoffs } = await import("../delivery/index.ts");
    await using handoffs = await openHandoffs({ store: request.store, relay: false });
    return await answer(request, handoffs.outbox, io);
  } catch (error) {
    return fail(io, Error.isError(error) ? error.message : String(error));
  }
}

interface Request {
  readonly verb: "list" | "show" | "retry" | "drop";
  readonly intentId: string;
  readonly store: string;
  readonly filter: OutboxFilter;
  readonly json: boolean;
}

function readRequest(args: readonly string[]): Request {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      store: { type: "string" },
      status: { type: "string" },
      tenant: { type: "string" },
      limit: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [verb, intentId = "", ...rest] = positionals;
  const { store, status, tenant, limit = "100", json } = values;
  if (verb !== "list" && verb !== "show" && verb !== "retry" && verb !== "drop") {
    throw new Error("Say what to do: list, show, retry or drop.");
  }
  if ((verb === "list") !== (intentId === "") || rest.length > 0) {
    throw new Error(verb === "list" ? "list takes no intent." : `${verb} takes one intent id; list shows them.`);
  }
  if (store === undefined) throw new Error("--store is missing: sqlite:PATH or postgres://…");
  const known = STATUSES.find((name) => name === status);
  if (status !== undefined && known === undefined) throw new Error(`--status is one of ${STATUSES.join(", ")}.`);
  if (!/^[1-9]\d{0,6}$/.test(limit)) throw new Error("--limit is a whole number from 1.");
  const filter = {
    limit: Number(limit),
    ...(known ? { status: known } : {}),
    ...(tenant === undefined ? {} : { tenant }),
  };
  return { verb, intentId, store, filter, json };
}

async function answer({ verb, intentId, filter, json }: Request, outbox: Outbox, io: Line): Promise<ExitStatus> {
  switch (verb) {
    case "list": {
      const rows = await outbox.list(filter);
      io.stdout.write(json ? `${JSON.stringify(rows)}\n` : table(rows));
      return EXIT.ok;
    }
    case "show": {
      const row = await outbox.show(intentId);
      if (row === null) return fail(io, `There is no row ${intentId}.`);
      const lines = Object.entries(row).map(
        ([name, value]) => `${name.padEnd(18)} ${visibleLine(String(value ?? "-"))}`,
      );
      io.stdout.write(json ? `${JSON.stringify(row)}\n` : `${lines.join("\n")}\n`);
      return EXIT.ok;
    }
    case "retry":
    case "drop": {
      await outbox[verb](intentId);
      const done = verb === "retry" ? "is due now" : "was dropped";
      io.stdout.write(json ? `${JSON.stringify(await outbox.show(intentId))}\n` : `${intentId} ${done}.\n`);
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

function refuse(io: Line, message: string): ExitStatus {
  io.stderr.write(`baton outbox: ${visibleLine(message)}\n`);
  return EXIT.invalid;
}

function fail(io: Line, message: string): ExitStatus {
  io.stderr.write(`baton outbox: ${visibleLine(message)}\n`);
  return EXIT.failed;
}

/** `baton logs ACTION`: an action's log lines on a service, as they come. */
import { InputError } from "../../author/input-error.ts";
import { visibleLine } from "../../author/text.ts";
import type { Command, Io } from "../command.ts";
import { EXIT, type ExitStatus } from "../exit.ts";
import { readArguments } from "../flags.ts";
import { hasSwitch } from "../switches.ts";
import { connect, REMOTE_FLAGS, remoteFault } from "./connect.ts";

const USAGE = {
  synopsis: "logs ACTION [flags]",
  description: "Prints the log lines of an action's runs on a service: the last hour's, or as they come.",
  flags: [
    ...REMOTE_FLAGS,
    { name: "follow", description: "go on until interrupted" },
    { name: "since", value: "ISO-TIME", description: "from then on; an hour ago by default" },
    { name: "json", description: "print each as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: ["baton logs refund --follow", "baton logs refund --since 2026-11-27T08:00:00Z"],
} as const;

export const logsCommand: Command = { usage: USAGE, run: logs };

const HOUR_MS = 3_600_000;

async function logs(args: readonly string[], io: Io): Promise<ExitStatus> {
  const json = hasSwitch(args, "json");
  try {
    const { positionals, values, switches } = readArguments(args, USAGE.flags);
    const [action, ...rest] = positionals;
    if (action === undefined || rest.length > 0) throw new InputError("BAD_FLAG", "baton logs takes one action.");
    const { client, tenant } = connect(values);
    const follow = switches.has("follow");
    const since = values.get("since") ?? new Date(Date.now() - HOUR_MS).toISOString();
    const lines = client.logs({
      tenant,
      action,
      query: { since, follow: follow ? "true" : "false" },
      signal: io.interrupted,
    });
    for await (const { event, data } of lines)
      io.stdout.write(`${json ? JSON.stringify({ event, ...(data as object) }) : lineOf(event, data)}\n`);
    return EXIT.ok;
  } catch (error) {
    return io.interrupted.aborted ? EXIT.ok : remoteFault(error, io, json);
  }
}

function lineOf(event: string, data: unknown): string {
  const { executionId, time, level, message, status, version, error } = data as Record<string, string> & {
    error?: { code: string; message: string };
  };
  const id = String(executionId).slice(0, 8);
  if (event === "log") return `${time} ${id} ${String(level).padEnd(5)} ${visibleLine(String(message))}`;
  return `${id} ${status} (version ${version})${error === undefined ? "" : ` ${error.code}: ${visibleLine(error.message)}`}`;
}

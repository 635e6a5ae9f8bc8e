#!/usr/bin/env node
/**
 * The command `baton`. It finds the command in a table, loads only that, and keeps the promises that hold for all of them:
 * documented exit statuses, one clear sentence for bad input, no stack trace of ours, quiet when the reader of a pipe goes away.
 */
import { createRequire } from "node:module";
import type { Io } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";

async function main(args: readonly string[], io: Io): Promise<ExitStatus> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") return showOverview(io);
  if (name === "--version" || name === "-v") return print(io.stdout, version());
  if (name === "help") return rest[0] === undefined ? showOverview(io) : main([rest[0], "--help"], io);
  const row = COMMANDS.find((command) => command.name === name);
  if (row === undefined) return refuse(name, io);
  const command = await row.load();
  if (asksForHelp(rest)) {
    const { renderUsage } = await import("./help.ts");
    return print(io.stdout, renderUsage(command.usage, io.stdout));
  }
  return command.run(rest, io);
}

async function showOverview(io: Io): Promise<ExitStatus> {
  const { renderOverview } = await import("./help.ts");
  return print(io.stdout, renderOverview(COMMANDS, version(), io.stdout));
}

async function refuse(name: string, io: Io): Promise<ExitStatus> {
  const [{ nearest }, { visibleLine }] = await Promise.all([import("./suggest.ts"), import("./text.ts")]);
  const kind = name.startsWith("-") ? "flag" : "command";
  const near = nearest(name, [...COMMANDS.map((command) => command.name), "help", "--help", "--version"]);
  const hint = near === null ? "run baton --help to see what there is." : `did you mean ${near}?`;
  print(io.stderr, `baton: There is no ${kind} ${visibleLine(name.slice(0, 80))}: ${hint}`);
  return EXIT.invalid;
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

function print(stream: NodeJS.WriteStream, text: string): ExitStatus {
  stream.write(`${text}\n`);
  return EXIT.ok;
}

function version(): string {
  return (createRequire(import.meta.url)("baton-runtime/package.json") as { version: string }).version;
}

/** The first interrupt ends the run and lets it settle; the second ends the process. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT.failed);
      controller.abort();
    });
  }
  return controller.signal;
}

// A reader that went away (`baton … | head`) is no fault: the rest of the text has nobody to read it.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
try {
  const { stdin, stdout, stderr } = process;
  const io: Io = { commands: COMMANDS, stdin, stdout, stderr, interrupted: interruption() };
  process.exitCode = await main(process.argv.slice(2), io);
} catch (error) {
  process.stderr.write(`baton: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT.failed;
}

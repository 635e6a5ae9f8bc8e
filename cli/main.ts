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
import { beforeOperands, hasSwitch } from "./switches.ts";

async function main(args: readonly string[], io: Io): Promise<ExitStatus> {
  const json = hasSwitch(args, "json");
  if (isTooOld()) return refuseNode(args, io, json);
  const [first, ...others] = args;
  // `baton --json COMMAND` is taken for `baton COMMAND --json`.
  const [name, ...rest] = first === "--json" && others[0] !== undefined ? [others[0], first, ...others.slice(1)] : args;
  if (name === undefined || name === "--json" || name === "--help" || name === "-h") return showOverview(io, json);
  if (name === "--version" || name === "-v") return showVersion(io, json);
  if (name === "help") {
    const asked = rest.find((arg) => !arg.startsWith("-"));
    return asked === undefined ? showOverview(io, json) : showHelp(asked, io, json);
  }
  if (asksForHelp(rest)) return showHelp(name, io, json);
  const row = COMMANDS.find((command) => command.name === name);
  if (row === undefined) return refuse(name, io, json);
  const command = await row.load();
  return command.run(rest, io);
}

/** The same numbers as `engines` in package.json; what is older cannot even read the modules of a command. */
const OLDEST_NODE = 24;

function isTooOld(): boolean {
  return Number.parseInt(process.versions.node, 10) < OLDEST_NODE;
}

async function refuseNode(args: readonly string[], io: Io, json: boolean): Promise<ExitStatus> {
  const sentence = `Node ${OLDEST_NODE} or 26 is needed, and this is Node ${process.versions.node}: install one of them and run the command again.`;
  const [{ InputError }, { fault }] = await Promise.all([import("../author/input-error.ts"), import("./fault.ts")]);
  const error = new InputError("NODE_TOO_OLD", sentence);
  if (!json || args[0] !== "run") return fault(error, io, json);
  const { neverSettled } = await import("./never-settled.ts");
  printJson(io.stdout, neverSettled(error));
  return EXIT.invalid;
}

async function showOverview(io: Io, json: boolean): Promise<ExitStatus> {
  const { describeOverview, renderOverview } = await import("./help.ts");
  if (json) return printJson(io.stdout, describeOverview(COMMANDS, version()));
  return print(io.stdout, renderOverview(COMMANDS, version(), io.stdout));
}

async function showHelp(name: string, io: Io, json: boolean): Promise<ExitStatus> {
  const row = COMMANDS.find((command) => command.name === name);
  if (row === undefined) return name === "help" ? showOverview(io, json) : refuse(name, io, json);
  const [{ usage }, { describeUsage, renderUsage }] = await Promise.all([row.load(), import("./help.ts")]);
  if (json) return printJson(io.stdout, describeUsage(name, usage));
  return print(io.stdout, renderUsage(usage, io.stdout));
}

function showVersion(io: Io, json: boolean): ExitStatus {
  return json ? printJson(io.stdout, { version: version() }) : print(io.stdout, version());
}

async function refuse(name: string, io: Io, json: boolean): Promise<ExitStatus> {
  const [{ fault }, { InputError }, { nearest }, { visibleLine }] = await Promise.all([
    import("./fault.ts"),
    import("../author/input-error.ts"),
    import("../base/suggest.ts"),
    import("../author/text.ts"),
  ]);
  const kind = name.startsWith("-") ? "flag" : "command";
  const near = nearest(name, [...COMMANDS.map((command) => command.name), "help", "--help", "--version", "--json"]);
  const hint = near === null ? "run baton --help to see what there is." : `did you mean ${near}?`;
  return fault(new InputError("BAD_FLAG", `There is no ${kind} ${visibleLine(name.slice(0, 80))}: ${hint}`), io, json);
}

function asksForHelp(args: readonly string[]): boolean {
  return hasSwitch(args, "help") || beforeOperands(args).includes("-h");
}

function print(stream: NodeJS.WriteStream, text: string): ExitStatus {
  stream.write(`${text}\n`);
  return EXIT.ok;
}

/** What the tables say: nothing in it needs to be made visible. */
function printJson(stream: NodeJS.WriteStream, value: unknown): ExitStatus {
  return print(stream, JSON.stringify(value));
}

function version(): string {
  return (createRequire(import.meta.url)("baton-runtime/package.json") as { version: string }).version;
}

/** The first interrupt, or the terminal's going, ends the run and lets it settle; the second ends the process. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT.failed);
      controller.abort();
    });
  }
  return controller.signal;
}

/** A reader that went away (`baton … | head`) is no fault: the rest of the text has no reader. A full disk is one. */
function guardOutput(): void {
  const gone = new Set(["EPIPE", "EIO"]);
  process.stdout.on("error", ({ code = "an unknown error" }: NodeJS.ErrnoException) => {
    if (gone.has(code)) return;
    process.stderr.write(`baton: The output cannot be written: the system says ${code}.\n`);
    process.exit(EXIT.failed);
  });
  process.stderr.on("error", ({ code = "" }: NodeJS.ErrnoException) => {
    if (!gone.has(code)) process.exit(EXIT.failed);
  });
}

guardOutput();
try {
  const { stdin, stdout, stderr } = process;
  const io: Io = { commands: COMMANDS, stdin, stdout, stderr, interrupted: interruption() };
  process.exitCode = await main(process.argv.slice(2), io);
} catch (error) {
  process.stderr.write(`baton: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT.failed;
}

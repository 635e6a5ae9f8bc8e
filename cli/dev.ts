/** `baton dev`: watches a folder of actions and shows on every save what the bot would do. */
import { statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command, Io } from "./command.ts";
import { audienceGone } from "./dev/audience.ts";
import type { DevEvent } from "../author/session/events.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { fault } from "./fault.ts";
import { shown } from "../author/files.ts";
import { readArguments } from "./flags.ts";
import { InputError } from "../author/input-error.ts";
import { hasSwitch } from "./switches.ts";
import { terminalOf } from "./terminal.ts";
import { visibleJson, visibleLine } from "../author/text.ts";

const USAGE = {
  synopsis: "dev [FOLDER or ACTION] [flags]",
  description:
    "Watches a folder (by default the working folder) and runs its actions on every save, in the walls, by the rules and with the limits of production: each with its scenarios, or else with the context.json beside it or a sample. Type errors follow a moment later. On a terminal, m shows the matrix, r runs all again and q ends.",
  flags: [
    { name: "matrix", description: "show the matrix of an action after its runs" },
    { name: "json", description: "print one JSON object a line: ready, run, problem" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    "baton dev",
    "baton dev actions/fraud-review.ts --matrix",
    "baton dev actions --json | jq -c .outcome.handoff",
  ],
} as const;

export const devCommand: Command = {
  usage: USAGE,
  async run(args, io) {
    const json = hasSwitch(args, "json");
    try {
      return await dev(args, io, json);
    } catch (error) {
      return fault(error, io, json);
    }
  },
};

async function dev(args: readonly string[], io: Io, json: boolean): Promise<ExitStatus> {
  const { positionals, switches } = readArguments(args, USAGE.flags);
  const { folder, only } = await readPlace(positionals);
  const { Session } = await import("../author/session/session.ts");
  const note = (sentence: string): void => void io.stderr.write(`note: ${sentence}\n`);
  const emit = json ? printJson(io) : await printReadable(io, folder);
  const session = new Session({ folder, only, matrix: switches.has("matrix"), emit, note });
  session.start(performance.timeOrigin);
  const keys = json ? null : readKeys(io, session);
  await ended(io, keys);
  keys?.stop();
  await session.close();
  return EXIT.ok;
}

async function readPlace(positionals: readonly string[]): Promise<{ folder: string; only?: string }> {
  const [given = ".", more] = positionals;
  if (more !== undefined) {
    throw new InputError("BAD_FLAG", `baton dev takes one folder: ${visibleLine(more.slice(0, 80))} is one too many.`);
  }
  const path = resolve(given);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new InputError("FILE_UNREADABLE", `There is no file or folder ${shown(path)}.`);
  const real = await realpath(path);
  return stats.isDirectory() ? { folder: real } : { folder: dirname(real), only: real };
}

function printJson(io: Io): (event: DevEvent) => void {
  return (event) => io.stdout.write(`${visibleJson(JSON.stringify(event))}\n`);
}

async function printReadable(io: Io, folder: string): Promise<(event: DevEvent) => void> {
  const { renderEvent } = await import("./dev/render.ts");
  const hasKeys = io.stdin.isTTY && io.stdout.isTTY;
  return (event) => io.stdout.write(`${renderEvent(event, shown(folder), hasKeys, terminalOf(io.stdout))}\n`);
}

/** Until an interrupt, until q, or until nobody is there to see. */
async function ended({ interrupted, stdout }: Io, keys: Keys | null): Promise<void> {
  if (interrupted.aborted) return;
  const { promise, resolve: end } = Promise.withResolvers<void>();
  const over = new AbortController();
  interrupted.addEventListener("abort", () => end(), { once: true });
  stdout.once("error", () => end());
  await Promise.race([promise, audienceGone(over.signal), ...(keys ? [keys.quit] : [])]);
  over.abort();
}

interface Keys {
  readonly quit: Promise<void>;
  stop(): void;
}

function readKeys(io: Io, session: { again(): void; showMatrix(): void }): Keys | null {
  const { stdin, stdout } = io;
  // Without a terminal to answer on, the one that it was started from belongs to somebody else by now.
  if (!stdin.isTTY || !stdout.isTTY) return null;
  const { promise: quit, resolve: end } = Promise.withResolvers<void>();
  const onKey = (bytes: Buffer): void => {
    const key = bytes.toString("utf8");
    if (key === "m") session.showMatrix();
    if (key === "r") session.again();
    // In raw mode the terminal itself no longer turns Ctrl-C and Ctrl-D into an end.
    if (key === "q" || key === "\u0003" || key === "\u0004") end();
  };
  stdin.setRawMode(true);
  stdin.on("data", onKey);
  for (const event of ["end", "error"]) stdin.once(event, () => end());
  return {
    quit,
    stop() {
      stdin.off("data", onKey);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}

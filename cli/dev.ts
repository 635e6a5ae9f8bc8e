/** `baton dev`: watches a folder of actions and shows on every save what the bot would do. */
import { statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Arguments } from "./flags.ts";
import type { Command, Io, Usage } from "./command.ts";
import { audienceGone } from "./dev/audience.ts";
import type { Screen } from "./dev/screen.ts";
import { requireAction } from "../author/action-file.ts";
import type { DevEvent } from "../author/session/events.ts";
import { defineCommand } from "./define-command.ts";
import { EXIT } from "./exit.ts";
import { asInputError, inspectFlags, openDebugger, readInspect } from "./inspect.ts";
import { fault } from "./fault.ts";
import type { ExitStatus } from "./exit.ts";
import { shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import type { Page, PageOptions } from "../playground/index.ts";
import { terminalOf } from "./terminal.ts";
import { visibleJson, visibleLine } from "../author/text.ts";

const USAGE = {
  synopsis: "dev [FOLDER or ACTION] [flags]",
  description:
    "Watches a folder (by default the working folder) and runs its actions on every save, in the sandbox, by the rules and with the limits of production: each with its scenarios, or else with the context.json beside it or a sample. Type errors follow a moment later. An action that is well takes one line. A page on this machine alone shows the same, and simulates conversations and telephone calls; its address is printed. On a terminal, r runs all again, f shows failures only, m the matrix, o opens the page and q ends.",
  flags: [
    { name: "live", description: "real requests, by the policy of baton.config.json, and real secrets" },
    { name: "secrets", value: "FILE", description: "with --live, the values of secrets; .baton.env without it" },
    { name: "env-file", value: "FILE", description: "the same; Node itself looks for this flag first" },
    { name: "matrix", description: "show the matrix of an action after its runs" },
    { name: "open", description: "open the page in the browser" },
    { name: "port", value: "PORT", description: "of the page; any that is free without it" },
    { name: "no-page", description: "serve no page" },
    ...inspectFlags("let VS Code or chrome://inspect attach on this port of loopback (9229); runs go by its debugger"),
    { name: "json", description: "print one JSON object a line: ready, run, problem" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    "baton dev",
    "baton dev actions --open",
    "baton dev actions/fraud-review.ts --matrix",
    "baton dev actions --json | jq -c .outcome.handoff",
  ],
} as const satisfies Usage;

export const devCommand: Command = defineCommand(USAGE, dev, (error, io, json) => fault(asInputError(error), io, json));

async function dev(given: Arguments, io: Io, json: boolean): Promise<ExitStatus> {
  const { positionals, switches } = given;
  const { folder, only } = await readPlace(positionals);
  const port = readPort(given);
  const { Session } = await import("../author/session/session.ts");
  const note = (sentence: string): void => void io.stderr.write(`note: ${sentence}\n`);
  const screen = json ? null : await readableScreen(io, folder, only !== undefined);
  const show = screen === null ? printJson(io) : (event: DevEvent) => screen.show(event);
  const { watchRoot } = await import("../author/session/watch-root.ts");
  const live = readLive(given);
  if (live !== undefined) {
    const { missingForLive } = await import("../author/env-file.ts");
    for (const sentence of await missingForLive(folder, live.envFile)) note(sentence);
  }
  const root = watchRoot(folder);
  const inspect = readInspect(given, io, { wait: false });
  await using debug = inspect === null ? null : await openDebugger(inspect);
  // The first results do not wait for the page: it is sent them when it is there.
  const early: DevEvent[] = [];
  let send = (event: DevEvent): void => void early.push(event);
  const session = new Session({
    ...{ folder, root, only, live, note },
    matrix: switches.has("matrix"),
    createRuntime: debug?.createRuntime,
    record: port !== null,
    emit(event) {
      show(event);
      if (port !== null) send(event);
    },
  });
  session.start(performance.timeOrigin);
  const page =
    port === null ? null : await openPageOf({ session, folder, root, live: live !== undefined, port }, given, io);
  if (page !== null) {
    for (const event of early.splice(0)) page.send(event);
    send = (event) => page.send(event);
  }
  const keys = screen === null ? null : readKeys(io, session, screen, page);
  await ended(io, keys);
  keys?.stop();
  await page?.close();
  await session.close();
  screen?.close();
  return EXIT.ok;
}

/** Null where no page is served. */
function readPort({ values, switches }: Arguments): number | null {
  const given = values.get("port");
  if (switches.has("no-page")) {
    if (given === undefined && !switches.has("open")) return null;
    throw new InputError("BAD_FLAG", "--no-page leaves out the page that --open and --port are for.");
  }
  const port = given === undefined ? 0 : Number(given);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535 && given !== "") return port;
  throw new InputError("BAD_FLAG", "--port needs a number from 0 to 65535.");
}

async function openPageOf(options: Omit<PageOptions, "measure">, { switches }: Arguments, io: Io): Promise<Page> {
  const [{ openPage }, { measure }] = await Promise.all([import("../playground/index.ts"), import("./dev/measure.ts")]);
  const page = await openPage({ ...options, measure }).catch(async (error: unknown) => {
    await options.session.close();
    throw error;
  });
  // Standard output of --json holds events alone; the address is for people.
  (switches.has("json") ? io.stderr : io.stdout).write(`Page: ${page.url}\n`);
  if (switches.has("open")) await showPage(page, io);
  return page;
}

async function showPage({ url }: Page, { stderr }: Io): Promise<void> {
  const { openUrl } = await import("./dev/open-url.ts");
  if (!(await openUrl(url))) stderr.write(`note: no browser could be opened; the address is ${url}\n`);
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
  if (!stats.isDirectory()) requireAction(real);
  return stats.isDirectory() ? { folder: real } : { folder: dirname(real), only: real };
}

function printJson(io: Io): (event: DevEvent) => void {
  // When a batch of runs begins and ends is for the terminal, which puts them in order.
  return (event) =>
    event.event !== "started" && event.event !== "done" && io.stdout.write(`${visibleJson(JSON.stringify(event))}\n`);
}

async function readableScreen(io: Io, folder: string, full: boolean): Promise<Screen> {
  const { Screen: Made } = await import("./dev/screen.ts");
  const hasKeys = io.stdin.isTTY && io.stdout.isTTY;
  const print = (text: string): void => void io.stdout.write(text);
  return new Made({ folder: shown(folder), hasKeys, full, terminal: () => terminalOf(io.stdout), print });
}

function readLive({ values, switches }: Arguments): { readonly envFile?: string } | undefined {
  const envFile = values.get("secrets") ?? values.get("env-file");
  if (!switches.has("live")) {
    if (envFile === undefined) return undefined;
    throw new InputError(
      "BAD_FLAG",
      "Secrets are used with --live alone: without it requests have a scenario's answers.",
    );
  }
  return envFile === undefined ? {} : { envFile: resolve(envFile) };
}

/** Until an interrupt, until q, or until no reader is left. */
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

function readKeys(
  io: Io,
  session: { again(): void; showMatrix(): void },
  screen: Screen,
  page: Page | null,
): Keys | null {
  const { stdin, stdout } = io;
  // Without a terminal to answer on, the one that it was started from belongs to another program by now.
  if (!stdin.isTTY || !stdout.isTTY) return null;
  const { promise: quit, resolve: end } = Promise.withResolvers<void>();
  const onKey = (bytes: Buffer): void => {
    const key = bytes.toString("utf8");
    if (key === "m") session.showMatrix();
    if (key === "r") session.again();
    if (key === "f") screen.toggleFailures();
    if (key === "o" && page !== null) void showPage(page, io);
    if (key === "o" && page === null) stdout.write("There is no page in this session.\n");
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

/**
 * Debugging from the terminal: what the commands that attach a debugger have in common: the flags, the one line that says so, and the one sentence for
 * what cannot be. The debug engine is loaded for these flags alone.
 */
import type { Debugger, InspectOptions } from "../debug/index.ts";
import { InputError } from "../author/input-error.ts";
import { shown } from "../author/files.ts";
import { visibleLine } from "../author/text.ts";
import type { Flag, Io } from "./command.ts";
import type { Arguments } from "./flags.ts";

const DEFAULT_PORT = 9_229;
const LAST_PORT = 65_535;

export function inspectFlags(description: string): readonly Flag[] {
  return [
    { name: "inspect", optionalValue: "PORT", description },
    { name: "inspect-brk", optionalValue: "PORT", description: "the same, and stop at the action's first line" },
  ];
}

export const INSPECT_FLAGS = inspectFlags(
  "wait on this port of loopback (9229) for VS Code or chrome://inspect, and run under its debugger",
);

/** What the flags ask for; null where neither is given. The one line that says so is written when the inspector listens. */
export function readInspect(
  { switches, values }: Arguments,
  io: Pick<Io, "stderr">,
  { wait }: { readonly wait: boolean },
): InspectOptions | null {
  const stopFirst = switches.has("inspect-brk");
  if (!stopFirst && !switches.has("inspect")) return null;
  const name = stopFirst ? "inspect-brk" : "inspect";
  const does = wait ? "waits for VS Code or chrome://inspect" : "can be attached to";
  const onListening = (url: string): void => {
    io.stderr.write(`The debug engine (Node's inspector, no sandbox) ${does}. Debugger listening on ${url}\n`);
  };
  return { port: readPort(name, values.get(name)), wait, stopFirst, onListening };
}

function readPort(flag: string, given: string | undefined): number {
  if (given === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (port <= LAST_PORT) return port;
  const sentence = `takes a port alone, from 0 to ${LAST_PORT}: it listens on loopback and nowhere else.`;
  throw new InputError("BAD_FLAG", `--${flag}=${visibleLine(given.slice(0, 80))} cannot be: it ${sentence}`);
}

/** A debugger that listens, unless it waits for a client with its first run. */
export async function openDebugger(inspect: InspectOptions): Promise<Debugger> {
  const { createDebugger } = await import("../debug/index.ts");
  const debug = createDebugger({ inspect });
  try {
    await debug.open();
    return debug;
  } catch (error) {
    await debug.close();
    throw error;
  }
}

/** A port that is taken is a mistake of the command line. */
export function asInputError(error: unknown): unknown {
  if ((error as { readonly code?: unknown }).code !== "PORT_TAKEN" || error instanceof InputError) return error;
  const { message } = error as Error;
  return new InputError(
    "PORT_TAKEN",
    `${message} Name another with --inspect=PORT; --inspect=0 takes one that is free.`,
  );
}

/** The one sentence for a language that V8 does not play by itself. */
export async function requireJavaScript(action: string, flag: string): Promise<void> {
  const { isDebuggable } = await import("../debug/index.ts");
  if (isDebuggable(action)) return;
  throw new InputError(
    "BAD_FLAG",
    `--${flag} is for actions in TypeScript and JavaScript, which ${shown(action)} is not.`,
  );
}

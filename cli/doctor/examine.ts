/** Examinations: what has to be right on a machine for actions to run, asked one by one of the real parts. */
import { availableParallelism, release, totalmem, type } from "node:os";
import { resolve } from "node:path";
import type { Runtime } from "../../runtime/index.ts";
import { BROTLI_OFF, mayDecodeBrotli } from "../../base/brotli.ts";
import { nodeStanding } from "../../runtime/node-releases.ts";
import { readConfig } from "../../author/config.ts";
import { findTypeScript } from "../../author/typescript/type-check.ts";

export interface Examined {
  readonly name: string;
  /** Broken: nothing runs, or not as promised. Warning: it runs, with less. */
  readonly verdict: "fine" | "warning" | "broken";
  readonly message: string;
}

const OLDEST_NODE = 24;
const MEBIBYTE = 1024 * 1024;
/** A worker process, a compile process and the host. */
const MIN_MEMORY = 512 * MEBIBYTE;

const ACTION = `export function execute_action() {
  const at = new Date("2026-07-01T12:00:00Z");
  const hour = (timeZone: string) =>
    new Intl.DateTimeFormat("en-US", { timeZone, hour: "numeric", hourCycle: "h23" }).format(at);
  return { newYork: hour("America/New_York"), berlin: hour("Europe/Berlin"), own: at.getHours() };
}`;

export async function examine(): Promise<Examined[]> {
  return [nodeVersion(), brotli(), system(), memory(), ...(await parts()), typescript(), await configuration()];
}

const fine = (name: string, message: string): Examined => ({ name, verdict: "fine", message });
const warning = (name: string, message: string): Examined => ({ name, verdict: "warning", message });
const broken = (name: string, message: string): Examined => ({ name, verdict: "broken", message });

function nodeVersion(): Examined {
  const { node, v8, outdated } = nodeStanding();
  const text = `Node ${node}, V8 ${v8}`;
  if (Number.parseInt(node, 10) >= OLDEST_NODE)
    return outdated === null ? fine("node", text) : warning("node", `${text}: ${outdated}`);
  return broken("node", `${text}: Node ${OLDEST_NODE} or newer is needed`);
}

function brotli(): Examined {
  if (mayDecodeBrotli()) return fine("brotli", "decoded, for actions and in answers");
  return warning("brotli", `${BROTLI_OFF}; update Node`);
}

function system(): Examined {
  return fine("system", `${type()} ${release()}, ${process.arch}`);
}

function memory(): Examined {
  const constrained = process.constrainedMemory();
  const bytes = constrained > 0 && constrained < totalmem() ? constrained : totalmem();
  const processors = availableParallelism();
  const text = `${Math.round(bytes / MEBIBYTE)} MiB of memory, ${processors} ${processors === 1 ? "processor" : "processors"}`;
  if (bytes < MIN_MEMORY) return warning("resources", `${text}: less than ${MIN_MEMORY / MEBIBYTE} MiB is tight`);
  return fine("resources", text);
}

async function parts(): Promise<Examined[]> {
  try {
    const { createRuntime } = await import("../../runtime/index.ts");
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    await using runtime = await createRuntime({ logger });
    return [await compiling(runtime), ...(await running(runtime)), ...walls(runtime)];
  } catch (error) {
    return [broken("runtime", `it does not start: ${sentence(error)}`)];
  }
}

async function compiling(runtime: Runtime): Promise<Examined> {
  const start = performance.now();
  try {
    const { diagnostics } = await runtime.compile({ source: ACTION });
    if (diagnostics.length > 0) return broken("esbuild", diagnostics[0]!.message);
    return fine("esbuild", `compiles (${Math.round(performance.now() - start)} ms with its process's start)`);
  } catch (error) {
    return broken("esbuild", `its process does not start: ${sentence(error)}`);
  }
}

async function running(runtime: Runtime): Promise<Examined[]> {
  try {
    const outcome = await runtime.execute({ action: { source: ACTION }, context: { args: {} } });
    if (outcome.status !== "returned") {
      return [broken("isolated-vm", `an action ended as ${outcome.status}: ${outcome.error?.message ?? "no reason"}`)];
    }
    const ran = fine("isolated-vm", `runs actions in a worker process (${outcome.usage.wallMs.toFixed(1)} ms)`);
    return [ran, zones(outcome.returnValue as { newYork?: string; berlin?: string; own?: number } | null)];
  } catch (error) {
    return [broken("isolated-vm", `no worker process can be started: ${sentence(error)}`)];
  }
}

function zones(hours: { newYork?: string; berlin?: string; own?: number } | null): Examined {
  const isRight = Number(hours?.newYork) === 8 && Number(hours?.berlin) === 14 && hours?.own === 12;
  if (isRight) return fine("time zones", "known to actions, whose own zone is UTC");
  return broken("time zones", "Node has no whole time zone data here: business hours would be wrong");
}

/** A machine may offer fewer walls than there are: actions run all the same, behind those that stand. */
function walls({ walls }: Runtime): Examined[] {
  return walls.map(({ name, stands, note }) => {
    const wall = `wall ${name}`;
    return stands ? fine(wall, note) : warning(wall, `missing, and actions run without it: ${note}`);
  });
}

function typescript(): Examined {
  const found = findTypeScript(process.cwd());
  return "missing" in found ? warning("typescript", found.missing) : fine("typescript", "checks types");
}

async function configuration(): Promise<Examined> {
  try {
    const config = await readConfig(resolve("."));
    const keys = Object.keys(config).filter((key) => key !== "folder");
    return fine("configuration", keys.length === 0 ? "no baton.config.json: the defaults" : `sets ${keys.join(", ")}`);
  } catch (error) {
    return broken("configuration", sentence(error));
  }
}

function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? text;
}

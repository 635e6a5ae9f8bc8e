/**
 * CPython as an analyst: the same image, in this process, for questions about source that runs none of it. It has no door but its answer. One
 * instance serves many questions; one that broke, or grew, gives way to a fresh one.
 */
import { createContext, runInContext } from "node:vm";
import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { readAsset } from "../../sandbox/index.ts";
import { type ImageFiles, readImageFolder } from "./image-files.ts";

export interface Analyst {
  /** The value that the prelude's `analysis` answers, or why there is none. */
  ask(work: AnalysisWork): Promise<AnalysisAnswer>;
}

export interface AnalysisModule {
  readonly file: string;
  readonly source: string;
  readonly package: boolean;
}

export interface AnalysisWork {
  readonly task: "compile" | "check" | "schema";
  readonly entry: string;
  readonly modules: Readonly<Record<string, AnalysisModule>>;
  readonly known?: readonly string[];
  readonly isAction?: boolean;
}

export type AnalysisAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: string };

type Turn = (kind: string, ...parts: unknown[]) => unknown;
type Glue = (engine: unknown, trampoline: unknown, facts: string, door: Door) => Turn;
type Door = (op: string, ...parts: unknown[]) => unknown;

const MIB = 1024 * 1024;
const MEMORY_BYTES = 256 * MIB;
/** An instance that grew by more is not kept. */
const KEPT_BYTES = 32 * MIB;
/** Python has no deadline here: the caller ends this process at its own. */
const NO_DEADLINE_MS = 2 ** 30;

const NO_ANSWER: AnalysisAnswer = { ok: false, why: "it gave no answer" };

interface Instance {
  readonly turn: Turn;
  onDoor: Door;
}

export function createAnalyst(folder: string): Analyst {
  const files = readImageFolder(folder);
  let kept: Instance | null = null;
  return {
    async ask(work) {
      const instance = kept ?? makeInstance(files);
      kept = null;
      const answer = await askInstance(instance, work);
      if (answer.ok && (instance.turn("size") as number) < KEPT_BYTES) kept = instance;
      return answer;
    },
  };
}

function makeInstance(files: ImageFiles): Instance {
  const glue = runInContext(readAsset("python-glue.js"), createContext({})) as Glue;
  const door: Door = (op, ...parts) => {
    if (op === "resource") return buffer(files.resource(String(parts[0])));
    if (op === "entropy") return buffer(randomBytes(Math.min(Number(parts[0]), 65_536)));
    return instance.onDoor(op, ...parts);
  };
  const instance: Instance = { turn: glue(files.engine, files.trampoline, files.facts, door), onDoor: () => undefined };
  return instance;
}

async function askInstance(instance: Instance, work: AnalysisWork): Promise<AnalysisAnswer> {
  let answer: AnalysisAnswer = NO_ANSWER;
  instance.onDoor = (op, first, second, third) => {
    if (answer !== NO_ANSWER) return undefined;
    if (op === "done") answer = { ok: true, value: JSON.parse(String(first)) as unknown };
    else if (op === "threw") answer = { ok: false, why: `${String(second)}: ${String(third)}` };
    else if (op === "fault") answer = { ok: false, why: String(second) };
    else if (op === "verdict") answer = { ok: false, why: "it took too much memory" };
    return undefined;
  };
  const run = { entropy: "analysis", returnChars: 0, secrets: {}, fetch: {}, handOff: {}, input: null };
  const data = Buffer.from(JSON.stringify({ ...run, script: { kind: "analysis", ...work } }));
  const start = { now: null, seed: "analysis", softMs: NO_DEADLINE_MS, memoryBytes: MEMORY_BYTES, lasts: true };
  try {
    instance.turn("start", JSON.stringify(start), buffer(data));
  } catch (error) {
    return { ok: false, why: (error as Error).message };
  }
  // A fault of WebAssembly arrives a moment later than an answer.
  if (!answer.ok) await setImmediate();
  return answer;
}

function buffer(bytes: Uint8Array | undefined): ArrayBuffer | undefined {
  return bytes === undefined ? undefined : Uint8Array.from(bytes).buffer;
}

/**
 * Replays recordings in the real runtime, many with one start. A recording with its source is played by itself; else the action that it names is, if
 * it is still the one that was recorded; or another is, to see what it would do.
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { createRuntime } from "../../runtime/index.ts";
import type { Replayed, Runtime, RuntimeOptions } from "../../runtime/index.ts";
import type { Recording } from "../../runtime/journal/recording.ts";
import { actionSource, readConfig } from "../config.ts";
import { shown } from "../files.ts";
import { InputError } from "../input-error.ts";
import { actionFileOf, asInput } from "./files.ts";

export interface ReplayerOptions {
  /** Code to replay against. */
  readonly action?: string | null | undefined;
  /** What makes the runtime: a debugger's, say. */
  readonly create?: (options: RuntimeOptions) => Promise<Runtime>;
}

export class Replayer {
  readonly #action: string | null;
  readonly #create: (options: RuntimeOptions) => Promise<Runtime>;
  readonly #runtimes = new Map<string, Promise<Runtime>>();

  constructor({ action = null, create = createRuntime }: ReplayerOptions = {}) {
    this.#action = action;
    this.#create = create;
  }

  async replay(path: string, recording: Recording): Promise<Replayed> {
    const own = this.#action === null && recording.action.artifact === undefined ? ownAction(path, recording) : null;
    const action = this.#action ?? own;
    const config = await readConfig(dirname(action ?? path));
    const runtime = await this.#runtimeFor(config);
    try {
      const replayed = await runtime.replay(recording, action === null ? {} : { action: actionSource(action, config) });
      if (own !== null && replayed.mode === "changed") throw changed(path, own);
      return replayed;
    } catch (error) {
      throw asInput(error, path);
    }
  }

  #runtimeFor(config: Awaited<ReturnType<typeof readConfig>>): Promise<Runtime> {
    const { packages, python, engine, requireWalls } = config;
    const key = JSON.stringify([packages, python, engine, requireWalls]);
    const known = this.#runtimes.get(key);
    if (known !== undefined) return known;
    const runtime = this.#create({
      logger: SILENT,
      ...(packages && { packages }),
      ...(python && { python }),
      ...(engine && { engine }),
      ...(requireWalls && { requireWalls }),
    });
    this.#runtimes.set(key, runtime);
    return runtime;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#runtimes.values()].map(async (runtime) => (await runtime).close()));
  }
}

function ownAction(path: string, recording: Recording): string {
  const file = actionFileOf(path, recording);
  if (file !== null && existsSync(file)) return file;
  throw new InputError(
    "RECORDING_INCOMPLETE",
    `The recording ${shown(path)} has no source: name the action with --with ACTION.`,
  );
}

function changed(path: string, action: string): InputError {
  return new InputError(
    "RECORDING_INCOMPLETE",
    `The recording ${shown(path)} has no source, and ${shown(action)} has changed since: --with ${shown(action)} shows what that changes.`,
  );
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

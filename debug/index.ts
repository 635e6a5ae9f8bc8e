/**
 * The debugger: runtimes like any other, but for the engine that plays their actions. It is for authors' own code on their own machines: no wall
 * of the operating system stands around it, and nothing that serves production imports it.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { createEmitter } from "../base/events.ts";
import type { ActionSource, Compiled } from "../languages/action.ts";
import { shippedLanguages } from "../languages/index.ts";
import { composeRuntime } from "../runtime/compose.ts";
import type { Runtime, RuntimeOptions } from "../runtime/index.ts";
import {
  type Completion,
  type RunRequest,
  SCRIPTS,
  type Sandbox,
  type SandboxEvent,
  SandboxError,
  type SandboxOptions,
  WALL_NAMES,
  createSandbox,
} from "../sandbox/index.ts";
import { DEFAULT_SANDBOX_LIMITS } from "../sandbox/limits.ts";
import type { CoveredFile } from "./coverage.ts";
import { DebugEngine, type EngineOptions } from "./engine.ts";
import { type CpuProfile, ownProfile } from "./profile.ts";
import { shownScript } from "./script.ts";

export type { CoveredFile, Share } from "./coverage.ts";
export { PortTakenError, type InspectOptions } from "./inspector-port.ts";

export type DebuggerOptions = Omit<EngineOptions, "memoryMiB"> & {
  /** Mebibytes that its runs may take. */
  readonly memoryMiB?: number | undefined;
};

export interface Debugger {
  /** Has the inspector listen before any run, unless it is to wait for a client then. Rejects with a PortTakenError, as runs do. */
  open(): Promise<void>;
  /** A runtime whose JavaScript is played by the debug engine. Several share its one process. */
  createRuntime(options: RuntimeOptions): Promise<Runtime>;
  /** Where the time of the last run went, on the author's lines; null where its process went with it. */
  takeProfile(): Promise<CpuProfile | null>;
  /** What its runs have covered of the author's files so far, where it was made with `coverage`. */
  takeCoverage(): Promise<CoveredFile[]>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Whether V8 plays the actions of this name as scripts: those alone are seen by its debugger. */
export function isDebuggable(filename: string): boolean {
  return shippedLanguages().byFilename(filename).image().runner === SCRIPTS;
}

type FindCompiled = (hash: string) => Promise<Compiled>;

export function createDebugger({
  memoryMiB = DEFAULT_SANDBOX_LIMITS.memoryMiB,
  ...options
}: DebuggerOptions): Debugger {
  const engine = new DebugEngine({ ...options, memoryMiB });
  /** Where the author's files of an action lie, by the hash of what it was compiled to. */
  const folders = new Map<string, string>();

  async function createRuntime(given: RuntimeOptions): Promise<Runtime> {
    // There are no walls, and which of V8's compilers work is no matter here.
    const { engine: _engine, requireWalls: _walls, ...own } = given;
    const runtime = await composeRuntime(
      own,
      shippedLanguages(),
      (asked, compiled) => new DebugSandbox(engine, { asked, compiled, folders }),
    );
    return {
      ...runtime,
      async execute(invocation) {
        const folder = await folderOf(invocation.action);
        if (folder !== null) folders.set((await runtime.compile(invocation.action)).hash, folder);
        return runtime.execute(invocation);
      },
    };
  }

  return {
    open: () => engine.open(),
    createRuntime,
    async takeProfile() {
      const ran = await engine.takeProfile();
      return ran === null ? null : ownProfile(ran.profile, ran.script);
    },
    async takeCoverage() {
      const { scripts, measured } = await engine.takeCoverage();
      // Loaded only now: most runs are not measured.
      const { ownCoverage } = await import("./coverage.ts");
      return ownCoverage(scripts, measured);
    },
    close: () => engine.close(),
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

interface DebugSandboxParts {
  readonly asked: SandboxOptions;
  readonly compiled: FindCompiled;
  readonly folders: ReadonlyMap<string, string>;
}

/** A sandbox without walls. What is no script of V8's is played by a real one. */
class DebugSandbox implements Sandbox {
  readonly walls: Sandbox["walls"] = NO_WALLS;
  readonly events = createEmitter<SandboxEvent>();
  readonly #engine: DebugEngine;
  readonly #parts: DebugSandboxParts;
  #real: Sandbox | null = null;

  constructor(engine: DebugEngine, parts: DebugSandboxParts) {
    this.#engine = engine;
    this.#parts = parts;
  }

  async run(request: RunRequest): Promise<Completion> {
    const { asked, compiled, folders } = this.#parts;
    const image = request.image ?? asked.image;
    if (image === undefined || image.runner !== SCRIPTS) {
      this.#real ??= createSandbox(asked);
      return this.#real.run(request);
    }
    const { hash, origin } = request.script;
    // A recording brings what it was made of along; no compiler of this process has seen it.
    const artifact = (origin as Compiled | undefined) ?? (await compiled(hash));
    if (!artifact.ok) throw new SandboxError("WORKER_UNAVAILABLE", "the action is not known to its compiler any more");
    return this.#engine.run(request, image, shownScript(artifact, hash, folders.get(artifact.hash) ?? null));
  }

  async close(drainMs?: number): Promise<void> {
    await this.#real?.close(drainMs);
  }
}

/** As authors name it: an editor looks for its breakpoints by the path that it was opened with. */
async function folderOf(action: ActionSource): Promise<string | null> {
  if (!("file" in action)) return null;
  if (action.root !== undefined) return resolve(action.root);
  const folder = dirname(resolve(action.file));
  try {
    const real = await realpath(action.file);
    return real === join(await realpath(folder), basename(action.file)) ? folder : dirname(real);
  } catch {
    return folder;
  }
}

const NO_WALLS: Sandbox["walls"] = {
  list: WALL_NAMES.map((name) => ({ name, stands: false, note: "the debug engine has no walls" })),
};

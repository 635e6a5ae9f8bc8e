/** The JSON Schema of an action's arguments, read in a process of its own that is killed where it does not answer in time. */
import { fork, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ArgsAnswer, ArgsQuestion, ArgsReady } from "./child.ts";

export interface ArgsReader {
  /** Null where the action does not say, or its types took too long. */
  read(path: string, root: string, ms: number): Promise<Readonly<Record<string, unknown>> | null>;
  close(): Promise<void>;
}

interface Child {
  readonly process: ChildProcess;
  readonly root: string;
  /** Resolves when it reads, or is gone. */
  readonly up: Promise<void>;
}

const IDLE_MS = 30_000;
const START_MS = 60_000;
const MEMORY_MIB = 256;
/** A schema that a model would be shown: it stands in each list of tools and of versions. */
const MOST_BYTES = 64 * 1024;

interface Waiting {
  readonly resolve: (args: ArgsAnswer["args"]) => void;
  readonly timer: NodeJS.Timeout;
}

export function createArgsReader(): ArgsReader {
  const waiting = new Map<number, Waiting>();
  let child: Child | null = null;
  let idle: NodeJS.Timeout | null = null;
  let ids = 0;

  function settle(id: number, args: ArgsAnswer["args"]): void {
    const one = waiting.get(id);
    if (one === undefined) return;
    waiting.delete(id);
    clearTimeout(one.timer);
    one.resolve(args);
    if (waiting.size === 0) idle = setTimeout(end, IDLE_MS).unref();
  }
  function end(): void {
    child?.process.kill("SIGKILL");
    child = null;
    for (const id of waiting.keys()) settle(id, null);
    if (idle !== null) clearTimeout(idle);
  }
  /** All that it reads lies in one folder of this node's. */
  function childFor(root: string): Child {
    if (idle !== null) clearTimeout(idle);
    if (child?.root === root) return child;
    end();
    const started = start(root);
    const up = Promise.withResolvers<void>();
    const own: Child = { process: started, root, up: up.promise };
    child = own;
    const late = setTimeout(() => started.kill("SIGKILL"), START_MS).unref();
    started.on("message", (answer: ArgsAnswer | ArgsReady) => {
      if ("ready" in answer) {
        clearTimeout(late);
        up.resolve();
      } else settle(answer.id, sized(answer.args));
    });
    started.on("error", () => {});
    started.once("exit", () => {
      clearTimeout(late);
      up.resolve();
      if (child === own) end();
    });
    return own;
  }
  return {
    async read(path, root, ms) {
      const id = (ids += 1);
      // The deadline is for the types, not for a start on a busy machine.
      const { process, up } = childFor(root);
      await up;
      return new Promise((resolve) => {
        // What hangs takes the questions beside it along; they are null, and a version is kept without a schema.
        waiting.set(id, { resolve, timer: setTimeout(end, ms) });
        process.send({ id, path } satisfies ArgsQuestion, (error) => {
          if (error !== null) settle(id, null);
        });
      });
    },
    async close() {
      end();
    },
  };
}

function start(root: string): ChildProcess {
  const script = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./child.ts" : "./child.js", import.meta.url));
  const home = dirname(createRequire(import.meta.url).resolve("baton-runtime/package.json"));
  const started = fork(script, [], {
    env: {},
    execArgv: [
      "--permission",
      `--allow-fs-read=${home}`,
      // Where the package is installed, what it depends on lies beside it.
      ...installedIn(home).map((folder) => `--allow-fs-read=${folder}`),
      `--allow-fs-read=${root}`,
      `--max-old-space-size=${MEMORY_MIB}`,
      "--no-warnings",
    ],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  started.unref();
  started.channel?.unref();
  return started;
}

/** A folder of modules may be a link; what is read is where it leads. */
function installedIn(home: string): string[] {
  const at = home.indexOf("/node_modules/");
  const folder = join(at === -1 ? home : home.slice(0, at), "node_modules");
  return existsSync(folder) ? [...new Set([folder, realpathSync(folder)])] : [];
}

function sized(args: ArgsAnswer["args"]): ArgsAnswer["args"] {
  return args === null || JSON.stringify(args).length > MOST_BYTES ? null : args;
}

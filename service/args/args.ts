/** The JSON Schema of an action's arguments, read in a process of its own that is killed where it does not answer in time. */
import { fork, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ArgsAnswer, ArgsQuestion } from "./child.ts";

export interface ArgsReader {
  /** Null where the action does not say, or its types took too long. */
  read(path: string, root: string, ms: number): Promise<Readonly<Record<string, unknown>> | null>;
  close(): Promise<void>;
}

const IDLE_MS = 30_000;
const MEMORY_MIB = 256;
/** A schema that a model would be shown. */
const MOST_BYTES = 256 * 1024;

interface Waiting {
  readonly resolve: (args: ArgsAnswer["args"]) => void;
  readonly timer: NodeJS.Timeout;
}

export function createArgsReader(): ArgsReader {
  const waiting = new Map<number, Waiting>();
  let child: { process: ChildProcess; root: string } | null = null;
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
  function processFor(root: string): ChildProcess {
    if (idle !== null) clearTimeout(idle);
    if (child?.root === root) return child.process;
    end();
    const started = start(root);
    child = { process: started, root };
    started.on("message", (answer: ArgsAnswer) => settle(answer.id, sized(answer.args)));
    started.on("error", () => {});
    started.once("exit", () => {
      if (child?.process === started) end();
    });
    return started;
  }
  return {
    read(path, root, ms) {
      const id = (ids += 1);
      return new Promise((resolve) => {
        const process = processFor(root);
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

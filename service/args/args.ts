/** The JSON Schema of an action's arguments, read in a process of its own that is killed where it does not answer in time. */
import type { ArgsAnswer } from "./messages.ts";
import { type ArgsProcess, startArgsProcess } from "./process.ts";

export interface ArgsReader {
  /** Null where the action does not say, or its types took too long. */
  read(path: string, root: string, ms: number): Promise<Readonly<Record<string, unknown>> | null>;
  close(): Promise<void>;
}

interface Child {
  readonly process: ArgsProcess;
  readonly root: string;
  /** Resolves when it reads, or is gone. */
  readonly up: Promise<void>;
}

const IDLE_MS = 30_000;

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
    child?.process.kill();
    child = null;
    for (const id of waiting.keys()) settle(id, null);
    if (idle !== null) clearTimeout(idle);
  }
  /** All that it reads lies in one folder of this node's. */
  function childFor(root: string): Child {
    if (idle !== null) clearTimeout(idle);
    if (child?.root === root) return child;
    end();
    const up = Promise.withResolvers<void>();
    const started = startArgsProcess(root, {
      onReady: () => up.resolve(),
      onAnswer: ({ id, args }) => settle(id, args),
      isAsked: (id) => waiting.has(id),
      onExit() {
        up.resolve();
        if (child === own) end();
      },
    });
    const own: Child = { process: started, root, up: up.promise };
    child = own;
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
        process.ask({ id, path }, () => settle(id, null));
      });
    },
    async close() {
      end();
    },
  };
}

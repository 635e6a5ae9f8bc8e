/**
 * A started process as the host uses it, and the way of starting one: by the host itself, or by its launcher (launcher.ts). Node's own child
 * process and its sockets have this shape.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { EventEmitter } from "node:events";
import { closeSync, openSync } from "node:fs";
import { endTree } from "./end-tree.ts";

/** Plain data, so that it can be asked of another process. */
export interface StartRequest {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** By descriptor. */
  readonly stdio: readonly ("ignore" | "pipe")[];
  /** Files that the process may read by descriptors, behind the former. */
  readonly files: readonly string[];
  /** Whether what is walled in is a child of the process that is started. */
  readonly forks: boolean;
}

/** Emits what a socket does: `data`, `error`, `end`, `close`. */
export interface Channel extends EventEmitter {
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(data: Uint8Array | string): boolean;
  destroy(): unknown;
  ref(): unknown;
  unref(): unknown;
}

/** Emits what a child process does: `spawn` or `error`, then `exit`, and `close` once its channels are closed too. */
export interface Started extends EventEmitter {
  /** Not there while it is being started, and where it could not be. */
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  kill(signal?: NodeJS.Signals): boolean;
  ref(): unknown;
  unref(): unknown;
}

export interface StartedProcess {
  readonly child: Started;
  /** Of a descriptor that was asked for as a pipe. */
  channel(descriptor: number): Channel | null;
  /** Ends it at once with all that is in it. */
  end(): void;
}

export interface Starter {
  start(request: StartRequest): StartedProcess;
}

export const DIRECTLY: Starter = {
  start(request) {
    const child = spawnRequested(request);
    return {
      child,
      channel: (descriptor) => (child.stdio[descriptor] ?? null) as Channel | null,
      end: () => endTree(child, request.forks),
    };
  },
};

/** In a group of its own, to be ended as a whole. */
export function spawnRequested({ command, cwd, env, stdio, files }: StartRequest): ChildProcess {
  const [program, ...rest] = command;
  const opened: number[] = [];
  try {
    for (const file of files) opened.push(openSync(file, "r"));
    const options = { cwd, env, windowsHide: true, detached: process.platform !== "win32" };
    return spawn(program!, rest, { ...options, stdio: [...stdio, ...opened] });
  } finally {
    for (const file of opened) closeSync(file);
  }
}

/** Calls `listener` with its process id as soon as there is one: in this turn, where the host started it itself. */
export function whenUp(child: Started, listener: (pid: number) => void): void {
  if (child.pid !== undefined) listener(child.pid);
  else child.once("spawn", () => listener(child.pid!));
}

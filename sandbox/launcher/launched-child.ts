/** A process that the launcher starts, as the host sees it: it reports its start, its sockets and its end as Node's own child process does. */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { endTree } from "./end-tree.ts";
import { LateChannel } from "./late-channel.ts";
import type { FromLauncher } from "./messages.ts";
import type { Channel, StartRequest, Started, StartedProcess } from "./started.ts";

/** What it asks of the launcher. */
export interface LauncherLine {
  /** Whether the host's event loop may end while this child lives. */
  hold(held: boolean): void;
  /** The launcher ends it, for only a parent knows whether the id of a child is still that child's. */
  end(): void;
}

export class LaunchedChild extends EventEmitter implements Started, StartedProcess {
  pid: number | undefined;
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;
  readonly child = this;
  readonly #channels: ReadonlyMap<number, LateChannel>;
  readonly #line: LauncherLine;
  readonly #forks: boolean;
  #isOver = false;

  constructor({ stdio, forks }: StartRequest, line: LauncherLine) {
    super();
    this.#line = line;
    this.#forks = forks;
    this.#channels = new Map(stdio.flatMap((kind, at) => (kind === "pipe" ? [[at, new LateChannel()] as const] : [])));
    line.hold(true);
  }

  channel(descriptor: number): Channel | null {
    return this.#channels.get(descriptor) ?? null;
  }

  /** `socket` is absent where the host may open no more files. */
  hear(message: Exclude<FromLauncher, { type: "up" }>, socket: Socket | undefined): void {
    switch (message.type) {
      case "started":
        this.pid = message.pid;
        return void this.emit("spawn");
      case "channel":
        if (socket === undefined) this.kill();
        else this.#channels.get(message.descriptor)?.attach(socket);
        return;
      case "failed":
        this.#isOver = true;
        this.#line.hold(false);
        return void this.emit("error", new Error(message.message));
      case "exit":
        return this.#end(message.code, message.signal);
      default:
        message satisfies never;
    }
  }

  /** The launcher is gone, and the processes that it started die with it. */
  lose(): void {
    if (this.#isOver) return;
    endTree({ pid: this.pid, exitCode: null, signalCode: null, kill: () => false }, this.#forks);
    this.#end(null, "SIGKILL");
  }

  end(): void {
    this.kill();
  }

  /** Not the process alone: all that is in it. */
  kill(): boolean {
    if (!this.#isOver) this.#line.end();
    return !this.#isOver;
  }

  ref(): this {
    if (!this.#isOver) this.#line.hold(true);
    return this;
  }

  unref(): this {
    this.#line.hold(false);
    return this;
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    this.#isOver = true;
    this.exitCode = code;
    this.signalCode = signal;
    this.#line.hold(false);
    this.emit("exit", code, signal);
    const open = [...this.#channels.values()].filter((channel) => !channel.isClosed);
    let left = open.length;
    const close = (): void => void this.emit("close", code, signal);
    if (left === 0) return close();
    for (const channel of open) {
      channel.once("close", () => {
        if (--left === 0) close();
      });
    }
  }
}

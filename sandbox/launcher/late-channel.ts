/** The host's end of a pipe of a process that is still being started elsewhere: keeps what is written until the socket has come. */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { Channel } from "./started.ts";

export class LateChannel extends EventEmitter implements Channel {
  #socket: Socket | null = null;
  #waiting: (Uint8Array | string)[] = [];
  #waitingBytes = 0;
  #isHeld = true;
  #destroyed = false;

  /** Whether no socket is open: it has been closed, or none has come. */
  get isClosed(): boolean {
    return this.#socket === null || this.#socket.closed;
  }

  get writableLength(): number {
    return this.#socket?.writableLength ?? this.#waitingBytes;
  }

  get destroyed(): boolean {
    return this.#socket?.destroyed ?? this.#destroyed;
  }

  /** Where what writes to descriptors finds the socket's own. */
  get _handle(): unknown {
    return (this.#socket as { readonly _handle?: unknown } | null)?._handle ?? null;
  }

  attach(socket: Socket): void {
    if (this.#destroyed) return void socket.on("error", () => undefined).destroy();
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.emit("data", chunk));
    socket.on("error", (error) => {
      // As Node's own sockets of a child do where nothing listens: its end says what happened.
      if (this.listenerCount("error") > 0) this.emit("error", error);
    });
    socket.once("end", () => this.emit("end"));
    socket.once("close", () => this.emit("close"));
    if (!this.#isHeld) socket.unref();
    for (const data of this.#waiting) socket.write(data);
    this.#waiting = [];
  }

  write(data: Uint8Array | string): boolean {
    if (this.#socket !== null) return this.#socket.write(data);
    if (this.#destroyed) return false;
    this.#waiting.push(data);
    this.#waitingBytes += data.length;
    return false;
  }

  destroy(): this {
    this.#destroyed = true;
    this.#waiting = [];
    this.#socket?.destroy();
    return this;
  }

  ref(): this {
    this.#isHeld = true;
    this.#socket?.ref();
    return this;
  }

  unref(): this {
    this.#isHeld = false;
    this.#socket?.unref();
    return this;
  }
}

/**
 * The wire: what a server may send for one request, counted on the connection: bodies are capped elsewhere, but interim answers, the framing of chunks and
 * their extensions never reach a body.
 */
import type { Socket } from "node:net";
import { EgressError } from "./refusal.ts";

/** A socket asks the system for more only while it holds less than this unread. */
export const READ_BYTES = 16 * 1024;
/** Heads, framing and interim answers on top of the bodies' own cap; a body sent in small chunks doubles in size. */
const FRAMING_BYTES = 256 * 1024;

export function mostWireBytes(responseBytes: number): number {
  return 2 * responseBytes + FRAMING_BYTES;
}

/** What a socket gives at once: a server can pack thousands of chunks, fields or characters to look at into each KiB. */
const SLICE_BYTES = 8 * 1024;
/** How long all sockets together are read in one turn of the event loop. */
const TURN_MS = 3;

/** Has what reads this socket without a size get a slice at a time, and what all such sockets get in one turn of the event loop end after a while. */
export function readInSlices(socket: Socket): Socket {
  const read = socket.read.bind(socket);
  const goOn = (): void => {
    if (!socket.destroyed) socket.emit("readable");
  };
  socket.read = (size?: number): unknown => {
    if (size !== undefined) return read(size);
    if (!turns.mayRead(goOn)) return null;
    const taken = Math.min(socket.readableLength, SLICE_BYTES);
    return taken > 0 ? read(taken) : read();
  };
  return socket;
}

/** Who reads in this turn of the event loop, and who waits for one of the next, in order. */
class ReadTurns {
  #since: number | null = null;
  readonly #waiting = new Set<() => void>();
  /** The one whose turn came: it reads a slice however long the turn has lasted. */
  #next: (() => void) | null = null;

  /** Whether there is time left for a slice; `goOn` is called in a later turn where there is none. */
  mayRead(goOn: () => void): boolean {
    if (this.#since === null) {
      this.#since = performance.now();
      setImmediate(() => this.#turn());
    }
    if (this.#next === goOn) {
      this.#next = null;
      return true;
    }
    if (this.#waiting.size === 0 && performance.now() - this.#since < TURN_MS) return true;
    this.#waiting.add(goOn);
    return false;
  }

  #turn(): void {
    this.#since = null;
    for (const goOn of this.#waiting) {
      if (this.#since !== null && performance.now() - this.#since >= TURN_MS) return;
      this.#waiting.delete(goOn);
      this.#next = goOn;
      goOn();
      this.#next = null;
    }
  }
}

const turns = new ReadTurns();

/** Ends the connection with an EgressError once a server has sent more than `most` since something was last written to it. */
export function limitWire(socket: Socket, most: number): Socket {
  let written = 0;
  let from = 0;
  socket.on("readable", () => {
    if (socket.bytesWritten !== written) {
      written = socket.bytesWritten;
      from = socket.bytesRead - socket.readableLength;
    }
    if (socket.bytesRead - from <= most) return;
    socket.destroy(new EgressError("EGRESS_RESPONSE_BODY", `the server sent more than ${most} bytes for one request`));
  });
  return socket;
}

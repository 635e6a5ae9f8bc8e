/**
 * What a server may send for one request, counted on the connection: bodies are capped elsewhere, but interim answers, the framing of chunks and
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

/** What one turn of the event loop takes from a socket: a server can pack thousands of chunks, fields or characters to look at into each KiB. */
const TURN_BYTES = 8 * 1024;

/** Has what reads this socket without a size get a slice at a time, with the event loop between two of them. */
export function readInSlices(socket: Socket): Socket {
  const read = socket.read.bind(socket);
  let left = TURN_BYTES;
  let isWaiting = false;
  const nextTurn = (): void => {
    left = TURN_BYTES;
    isWaiting = false;
    if (!socket.destroyed) socket.emit("readable");
  };
  socket.read = (size?: number): unknown => {
    if (size !== undefined) return read(size);
    if (left > 0) {
      const taken = Math.min(socket.readableLength, left);
      left -= taken;
      return taken > 0 ? read(taken) : read();
    }
    if (!isWaiting) setImmediate(nextTurn);
    isWaiting = true;
    return null;
  };
  return socket;
}

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

/**
 * Writes to a channel in the turn in which a frame is made, where the system takes it at once: the way through the stream's own queue costs more than
 * the write. What does not fit goes through the stream, and so does whatever comes while that waits, so that the order stays.
 */
import { writeSync } from "node:fs";
import type { Channel } from "../launcher/started.ts";

export function write(socket: Channel, data: Buffer): void {
  const descriptor = descriptorOf(socket);
  if (descriptor < 0 || socket.writableLength > 0 || socket.destroyed) return void socket.write(data);
  let written = 0;
  try {
    written = writeSync(descriptor, data);
  } catch {
    // Full, or the other end is gone: the stream waits, or reports it.
  }
  if (written < data.length) socket.write(written === 0 ? data : data.subarray(written));
}

/** Node's own socket has it; where there is none, the stream serves as well. */
function descriptorOf(socket: Channel): number {
  const { fd } = (socket as { readonly _handle?: { readonly fd?: unknown } | null })._handle ?? {};
  return typeof fd === "number" ? fd : -1;
}

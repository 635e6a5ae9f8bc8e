/** The worker's two descriptors: one it listens on, and one on which it stands still until a synchronous host call is answered. */
import { readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import type { HostFrame, SyncCallFrame, WorkerFrame } from "../protocol.ts";
import { FrameReader, HEADER_BYTES, decodeFrame, encodeFrame, frameSize } from "../wire.ts";

const MAIN_DESCRIPTOR = 3;
const SYNC_DESCRIPTOR = 4;

export interface Channel {
  send(frame: WorkerFrame, bytes?: Uint8Array): void;
  /** The JSON text of the host's answer. */
  callSync(frame: SyncCallFrame): string;
}

export function openChannel(onFrame: (frame: HostFrame, bytes: Uint8Array | undefined) => void): Channel {
  const socket = new Socket({ fd: MAIN_DESCRIPTOR, readable: true, writable: true });
  const reader = new FrameReader();
  socket.on("data", (chunk) => {
    for (const { json, bytes } of reader.read(chunk as Buffer)) onFrame(JSON.parse(json) as HostFrame, bytes);
  });
  // The host is gone, or wants this process gone: nothing here outlives it.
  socket.on("close", () => process.exit(0));
  socket.on("error", () => process.exit(0));
  return {
    send: (frame, bytes) => void socket.write(encodeFrame(JSON.stringify(frame), bytes)),
    callSync(frame) {
      writeAll(encodeFrame(JSON.stringify(frame)));
      const header = readExactly(HEADER_BYTES);
      const rest = readExactly(frameSize(header) - HEADER_BYTES);
      return decodeFrame(Buffer.concat([header, rest])).json;
    },
  };
}

function writeAll(data: Buffer): void {
  for (let offset = 0; offset < data.length;) offset += writeSync(SYNC_DESCRIPTOR, data, offset);
}

function readExactly(length: number): Buffer {
  const data = Buffer.allocUnsafe(length);
  for (let offset = 0; offset < length;) {
    const got = readSync(SYNC_DESCRIPTOR, data, offset, length - offset, null);
    if (got === 0) process.exit(0);
    offset += got;
  }
  return data;
}

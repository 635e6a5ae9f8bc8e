/**
 * The worker's two descriptors: one on which it receives frames, and one on which it stands still until a synchronous host call is answered.
 * Both are read and written without an event loop in between: that is what makes a run's way in and out short.
 */
import { read, readSync, writeSync } from "node:fs";
import { machineTime } from "../../base/machine-time.ts";
import type { SyncCallFrame, WorkerFrame, WorkerRunEnd } from "../protocol/worker-frames.ts";
import { type HostFrame, type PositionalRun, RUN, readRun } from "../protocol/host-frames.ts";
import { encodeEntered, encodeFreed, encodePrepared, encodeReturned, encodeSyncCall } from "../protocol/positions.ts";
import { type Frame, FrameReader, HEADER_BYTES, decodeFrame, encodeFrame, frameSize } from "../protocol/wire.ts";

const MAIN_DESCRIPTOR = 3;
const SYNC_DESCRIPTOR = 4;
const CHUNK_BYTES = 64 * 1024;

export interface Received {
  readonly frame: HostFrame | ({ readonly type: "common_run" } & PositionalRun);
  readonly bytes: Uint8Array | undefined;
}

export interface Channel {
  /** When the latest bytes came, as machine-time.ts has it; null, and not noted, until it is first set. */
  wokeAt: number | null;
  /** Whether frames are in this process that were not received. */
  readonly hasFrames: boolean;
  /** The next frame, with this thread standing still until it is there: for a worker that has nothing else to do. */
  receive(): Received;
  /** The next frame, with timers running meanwhile. */
  receiveLater(): Promise<Received>;
  send(frame: WorkerFrame, bytes?: Uint8Array): void;
  /** The JSON text of the host's answer. */
  callSync(frame: SyncCallFrame): string;
}

export function openChannel(): Channel {
  const reader = new FrameReader();
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const waiting: Frame[] = [];
  /** A call went out whose answer has not been read. Were it left behind, the next call would get it in place of its own. */
  let owesAnswer = false;

  function take(length: number): void {
    // The host is gone, or wants this process gone: nothing here outlives it.
    if (length === 0) process.exit(0);
    if (channel.wokeAt !== null) channel.wokeAt = machineTime();
    waiting.push(...reader.read(Buffer.from(chunk.subarray(0, length))));
  }

  function next(): Received {
    const frame = waiting.shift()!;
    if (frame.kind === RUN) return { frame: { type: "common_run", ...readRun(frame) }, bytes: frame.bytes };
    return { frame: JSON.parse(frame.json) as HostFrame, bytes: frame.bytes };
  }

  const channel: Channel = {
    wokeAt: null,
    get hasFrames() {
      return waiting.length > 0;
    },
    receive() {
      while (waiting.length === 0) take(readSync(MAIN_DESCRIPTOR, chunk, 0, CHUNK_BYTES, null));
      return next();
    },
    async receiveLater() {
      // Frames that are here already must not keep timers from running: deadlines are among them.
      if (waiting.length > 0) await new Promise((resolve) => setImmediate(resolve));
      while (waiting.length === 0) take(await readLater(MAIN_DESCRIPTOR, chunk));
      return next();
    },
    send: (frame, bytes) => writeAll(MAIN_DESCRIPTOR, encode(frame, bytes)),
    callSync(frame) {
      if (owesAnswer) process.exit(1);
      const data = encodeSyncCall(frame);
      owesAnswer = true;
      writeAll(SYNC_DESCRIPTOR, data);
      const header = readExactly(HEADER_BYTES);
      const rest = readExactly(frameSize(header) - HEADER_BYTES);
      owesAnswer = false;
      return decodeFrame(Buffer.concat([header, rest])).json;
    },
  };
  return channel;
}

/** What every run sends has fixed places; all else is JSON text. */
function encode(frame: WorkerFrame, bytes: Uint8Array | undefined): Buffer {
  if (frame.type === "freed") return encodeFreed(frame.run, frame.missing);
  if (frame.type === "prepared") return encodePrepared(frame.missing);
  if (frame.type === "entered") return encodeEntered(frame.run);
  if (frame.type === "ended") {
    const { run, end, logsDropped, usage } = frame;
    if (end.type === "returned" && end.emptied === undefined && isNothing(end.open))
      return encodeReturned({ run, json: end.json, logsDropped, usage }, bytes);
  }
  return encodeFrame(JSON.stringify(frame), bytes);
}

type Returned = Extract<WorkerRunEnd, { type: "returned" }>;

const isNothing = (open: Returned["open"]): boolean =>
  open === undefined || open.timers + open.calls + open.tasks + open.lateCalls + open.otherLateCalls === 0;

function readLater(descriptor: number, into: Buffer): Promise<number> {
  return new Promise((resolve) => {
    read(descriptor, into, 0, into.length, null, (error, length) => resolve(error ? 0 : length));
  });
}

function writeAll(descriptor: number, data: Buffer): void {
  for (let offset = 0; offset < data.length;) offset += writeSync(descriptor, data, offset);
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

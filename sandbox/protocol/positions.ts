/**
 * The worker's frames that every run sends, as numbers in fixed places with a text behind them: writing and reading them costs a tenth of JSON text and a schema.
 * The host reads them as strictly as by the schema (worker-frames.ts): the size, every number, and nothing beside them. Used on both sides of the wall.
 */
import { type Frame, FrameError, encodeBody } from "./wire.ts";

const RETURNED = 1;
const FREED = 2;
const PREPARED = 3;
const ENTERED = 4;
const SYNC_CALL = 5;

/** The run, its five measures and the lines that its log lost. */
const RETURNED_PLACES = 4 + 4 * 8 + 4 + 4;
const LONGEST_NAME = 255;

export interface Usage {
  readonly wallMs: number;
  readonly hostMs: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  readonly hostCalls: number;
}

/** As the schema of frames would give them. */
export type PositionalFrame =
  | { type: "ended"; run: number; end: { type: "returned"; json: string }; logsDropped: number; usage: Usage }
  | { type: "freed"; run: number; missing: number }
  | { type: "prepared"; missing: number }
  | { type: "entered"; run: number };

export interface PositionalCall {
  type: "call";
  run: number;
  name: string;
  args: string;
}

export function encodeReturned(
  { run, json, logsDropped, usage }: { run: number; json: string; logsDropped: number; usage: Usage },
  journal?: Uint8Array,
): Buffer {
  const fill = (frame: Buffer, at: number): void => {
    frame.writeUInt32LE(run, at);
    frame.writeDoubleLE(usage.wallMs, at + 4);
    frame.writeDoubleLE(usage.hostMs, at + 12);
    frame.writeDoubleLE(usage.cpuMs, at + 20);
    frame.writeDoubleLE(usage.peakMemoryBytes, at + 28);
    frame.writeUInt32LE(usage.hostCalls, at + 36);
    frame.writeUInt32LE(logsDropped, at + 40);
  };
  return encodeBody(RETURNED, RETURNED_PLACES, json, fill, journal);
}

export function encodeFreed(run: number, missing: number): Buffer {
  return encodeBody(FREED, 8, "", (frame, at) => frame.writeUInt32LE(missing, frame.writeUInt32LE(run, at)));
}

export function encodePrepared(missing: number): Buffer {
  return encodeBody(PREPARED, 4, "", (frame, at) => frame.writeUInt32LE(missing, at));
}

export function encodeEntered(run: number): Buffer {
  return encodeBody(ENTERED, 4, "", (frame, at) => frame.writeUInt32LE(run, at));
}

export function encodeSyncCall({ run, name, args }: { run: number; name: string; args: string }): Buffer {
  const length = Buffer.byteLength(name);
  if (length > LONGEST_NAME) throw new FrameError("a host function's name is too long");
  const fill = (frame: Buffer, at: number): void => void frame.writeUInt8(length, frame.writeUInt32LE(run, at));
  return encodeBody(SYNC_CALL, 5, name + args, fill);
}

/** A frame of the worker's; throws for what none of ours sends. */
export function readPositions({ kind, body, bytes }: Frame): PositionalFrame {
  if (kind !== RETURNED && bytes !== undefined) throw new FrameError("bytes that no frame of this kind has");
  switch (kind) {
    case RETURNED:
      return readReturned(body);
    case FREED:
      hold(body, 8);
      return { type: "freed", run: body.readUInt32LE(0), missing: body.readUInt32LE(4) };
    case PREPARED:
      hold(body, 4);
      return { type: "prepared", missing: body.readUInt32LE(0) };
    case ENTERED:
      hold(body, 4);
      return { type: "entered", run: body.readUInt32LE(0) };
    default:
      throw new FrameError("a frame of no known kind");
  }
}

export function readSyncCall({ kind, body, bytes }: Frame): PositionalCall {
  if (kind !== SYNC_CALL || bytes !== undefined || body.length < 5) throw new FrameError("a call of no known kind");
  const end = 5 + body.readUInt8(4);
  if (end > body.length) throw new FrameError("a name that is longer than its frame");
  const name = body.toString("utf8", 5, end);
  return { type: "call", run: body.readUInt32LE(0), name, args: body.toString("utf8", end) };
}

function readReturned(body: Buffer): PositionalFrame {
  if (body.length < RETURNED_PLACES) throw new FrameError("a result that is shorter than its measures");
  const usage: Usage = {
    wallMs: body.readDoubleLE(4),
    hostMs: body.readDoubleLE(12),
    cpuMs: body.readDoubleLE(20),
    peakMemoryBytes: body.readDoubleLE(28),
    hostCalls: body.readUInt32LE(36),
  };
  if (
    !isMeasure(usage.wallMs) ||
    !isMeasure(usage.hostMs) ||
    !isMeasure(usage.cpuMs) ||
    !isMeasure(usage.peakMemoryBytes)
  )
    throw new FrameError("a measure that is none");
  const json = body.toString("utf8", RETURNED_PLACES);
  const logsDropped = body.readUInt32LE(40);
  return { type: "ended", run: body.readUInt32LE(0), end: { type: "returned", json }, logsDropped, usage };
}

function hold(body: Buffer, bytes: number): void {
  if (body.length !== bytes) throw new FrameError("a frame that is not of its size");
}

const isMeasure = (value: number): boolean => value >= 0 && value < Infinity;

/**
 * What a power cut may leave of a SQLite store whose disk honours a sync: pages of the database half-written by a checkpoint, for as long as
 * the log has them whole, and a frame at the end of the log that was never finished. Under the control `flipped-log` what was synced is
 * damaged instead, which no store survives.
 */
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import type { Chance } from "../simulation/chance.ts";

const LOG_HEADER = 32;
const FRAME_HEADER = 24;

interface Log {
  readonly bytes: Buffer;
  readonly pageSize: number;
  /** Offsets of the frames of this generation, up to the last commit. */
  readonly frames: readonly number[];
}

function readLog(path: string): Log | null {
  if (!existsSync(path)) return null;
  const bytes = readFileSync(path);
  if (bytes.length < LOG_HEADER) return null;
  const pageSize = bytes.readUInt32BE(8);
  const salts = bytes.subarray(16, 24);
  const frames: number[] = [];
  let committed = 0;
  for (let at = LOG_HEADER; at + FRAME_HEADER + pageSize <= bytes.length; at += FRAME_HEADER + pageSize) {
    if (!bytes.subarray(at + 8, at + 16).equals(salts)) break;
    frames.push(at);
    if (bytes.readUInt32BE(at + 4) !== 0) committed = frames.length;
  }
  return { bytes, pageSize, frames: frames.slice(0, committed) };
}

/** True: there was something to tear. No process may have the store open. */
export function tear(path: string, chance: Chance): boolean {
  const log = readLog(`${path}-wal`);
  if (log === null || log.frames.length === 0) return false;
  // The index of the log is memory: a power cut takes it.
  rmSync(`${path}-shm`, { force: true });
  const pages = new Set(log.frames.map((at) => log.bytes.readUInt32BE(at)));
  const database = openSync(path, "r+");
  try {
    for (const page of pages) {
      const from = (page - 1) * log.pageSize;
      if (from + log.pageSize > statSync(path).size || chance.of(0.5)) continue;
      const half = Buffer.alloc(log.pageSize);
      readSync(database, half, 0, half.length, from);
      // The sectors up to here are of one time and the rest of another, or of none.
      for (let at = 512 * (1 + chance.below(log.pageSize / 512)); at < half.length; at += 1)
        half[at] = chance.below(256);
      if (chance.of(0.3)) half[chance.below(half.length)]! ^= 1 << chance.below(8);
      writeSync(database, half, 0, half.length, from);
    }
  } finally {
    closeSync(database);
  }
  const last = log.frames.at(-1)! + FRAME_HEADER + log.pageSize;
  if (last === log.bytes.length) {
    const unfinished = Buffer.from(log.bytes.subarray(log.frames.at(-1), last)).subarray(
      0,
      1 + chance.below(last - log.frames.at(-1)!),
    );
    unfinished[unfinished.length - 1]! ^= 0xff;
    appendFileSync(`${path}-wal`, unfinished);
  }
  return true;
}

/** Damages what was acknowledged: a flipped bit in the middle of what the log holds. True: there was something. */
export function flipLog(path: string, chance: Chance): boolean {
  const log = readLog(`${path}-wal`);
  if (log === null || log.frames.length < 2) return false;
  rmSync(`${path}-shm`, { force: true });
  const frame = log.frames[Math.floor(log.frames.length / 2)]!;
  const at = frame + FRAME_HEADER + chance.below(log.pageSize);
  const file = openSync(`${path}-wal`, "r+");
  writeSync(file, Buffer.from([log.bytes[at]! ^ 0x10]), 0, 1, at);
  closeSync(file);
  return true;
}

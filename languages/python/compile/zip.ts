/** Reads a ZIP archive from memory: its directory, and each file when it is asked for, never larger than the directory says. */
import { inflateRawSync } from "node:zlib";

export interface ZipEntry {
  readonly path: string;
  /** Unpacked, as the directory says. */
  readonly size: number;
  read(): Buffer;
}

const END = 0x06054b50;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT = 65_535;
const MAX_ENTRIES = 20_000;

/** Throws an Error with a sentence for what is no such archive. */
export function readZip(bytes: Buffer): ZipEntry[] {
  const end = findEnd(bytes);
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  if (count > MAX_ENTRIES) throw new Error("it holds too many files");
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== DIRECTORY) throw new Error("its directory is damaged");
    const method = bytes.readUInt16LE(at + 10);
    const packed = bytes.readUInt32LE(at + 20);
    const size = bytes.readUInt32LE(at + 24);
    const nameBytes = bytes.readUInt16LE(at + 28);
    const local = bytes.readUInt32LE(at + 42);
    const path = bytes.toString("utf8", at + 46, at + 46 + nameBytes);
    at += 46 + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (isPlain(path)) entries.push({ path, size, read: () => unpack(bytes, local, method, packed, size) });
  }
  return entries;
}

function findEnd(bytes: Buffer): number {
  for (let at = bytes.length - END_BYTES; at >= Math.max(0, bytes.length - END_BYTES - MAX_COMMENT); at -= 1) {
    if (bytes.readUInt32LE(at) === END) return at;
  }
  throw new Error("it is no ZIP archive");
}

/** A file, by a relative path that leads nowhere else. */
function isPlain(path: string): boolean {
  return !path.endsWith("/") && !path.startsWith("/") && !path.includes("\\") && !path.split("/").includes("..");
}

function unpack(bytes: Buffer, at: number, method: number, packed: number, size: number): Buffer {
  if (at + 30 > bytes.length || bytes.readUInt32LE(at) !== LOCAL) throw new Error("a file in it is damaged");
  const from = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  const data = bytes.subarray(from, from + packed);
  if (method === 0) return data;
  if (method !== 8) throw new Error(`a file in it is packed by method ${method}`);
  const unpacked = inflateRawSync(data, { maxOutputLength: Math.max(1, size) });
  if (unpacked.length !== size) throw new Error("a file in it is not as long as it says");
  return unpacked;
}

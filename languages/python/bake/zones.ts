/**
 * The time zones as one file: an index in JSON with the places of each zone, then the zones, each text once. They come from the IANA
 * database in the form of PyPI's `tzdata`, and are kept in this repository, because a machine's own would make the image depend on it.
 */
import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";

export interface ZoneFile {
  readonly bytes: Buffer;
  readonly zones: ReadonlyMap<string, Buffer>;
}

interface Index {
  readonly version: string;
  readonly zones: Readonly<Record<string, readonly [number, number]>>;
}

export function readZones(path: string): ZoneFile {
  const bytes = brotliDecompressSync(readFileSync(path));
  const length = bytes.readUInt32LE(0);
  const index = JSON.parse(bytes.toString("utf8", 4, 4 + length)) as Index;
  const from = 4 + length;
  const zones = Object.entries(index.zones).map(
    ([name, [at, size]]) => [name, bytes.subarray(from + at, from + at + size)] as const,
  );
  return { bytes, zones: new Map(zones) };
}

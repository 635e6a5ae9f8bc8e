/** The calendar: what C asks of its calendar: broken-down times. There is one zone here, UTC; Python's zones are its own. */
import { type Heap, putWord } from "./heap.ts";

const DAY_MS = 86_400_000;

/** Writes `struct tm` for a time in seconds. */
export function writeTime(heap: Heap, seconds: number, at: number): void {
  const date = new Date(seconds * 1_000);
  const year = date.getUTCFullYear();
  const yearStart = startOfYear(year);
  const fields = [
    date.getUTCSeconds(),
    date.getUTCMinutes(),
    date.getUTCHours(),
    date.getUTCDate(),
    date.getUTCMonth(),
    year - 1_900,
    date.getUTCDay(),
    Math.floor((date.getTime() - yearStart) / DAY_MS),
    0,
    0,
  ];
  for (let index = 0; index < fields.length; index += 1) putWord(heap, at + 4 * index, fields[index]!);
}

/** Seconds of a `struct tm`, which is brought into its ranges on the way. */
export function readTime(heap: Heap, at: number): bigint {
  const field = (index: number): number => heap.words.getInt32((at >>> 0) + 4 * index, true);
  const date = new Date(0);
  date.setUTCFullYear(field(5) + 1_900, field(4), field(3));
  date.setUTCHours(field(2), field(1), field(0));
  const seconds = date.getTime() / 1_000;
  if (!Number.isFinite(seconds)) return -1n;
  writeTime(heap, seconds, at);
  return BigInt(seconds);
}

function startOfYear(year: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, 0, 1);
  return date.getTime();
}

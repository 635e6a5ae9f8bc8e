/**
 * JSON text with the keys of each object in order, by which two inputs are compared. Sorting tens of thousands of keys takes longer than the event loop
 * may stand still, so a long value is sorted in slices.
 */
import type { Slices } from "../slices.ts";

/** Of what JSON text was read to, and is short. */
export const sortedJson = (value: unknown): string => JSON.stringify(sorted(value));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}

const RUN = 1_000;

/** As an object made of these, in order, has them: indices first, by their numbers, as the object had them already. */
export async function sortedInSlices(keys: readonly string[], slices: Slices): Promise<readonly string[]> {
  const other = keys.findIndex((key) => !isIndex(key));
  if (other === -1) return keys;
  const [indices, names] = [keys.slice(0, other), keys.slice(other)];
  if (names.length <= RUN) return [...indices, ...names.sort()];
  let runs: string[][] = [];
  for (let at = 0; at < names.length; at += RUN) {
    runs.push(names.slice(at, at + RUN).sort());
    await slices.pause();
  }
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let at = 0; at < runs.length; at += 2) merged.push(await merge(runs[at]!, runs[at + 1] ?? [], slices));
    runs = merged;
  }
  return indices.concat(runs[0]!);
}

async function merge(left: readonly string[], right: readonly string[], slices: Slices): Promise<string[]> {
  const merged: string[] = [];
  let [at, beside] = [0, 0];
  while (at < left.length && beside < right.length) {
    merged.push(left[at]! < right[beside]! ? left[at++]! : right[beside++]!);
    if (merged.length % RUN === 0) await slices.pause();
  }
  while (at < left.length) merged.push(left[at++]!);
  while (beside < right.length) merged.push(right[beside++]!);
  return merged;
}

const isIndex = (key: string): boolean => /^(?:0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1;

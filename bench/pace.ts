/** Calls candidates side by side: in turn with a pause before each call, as requests come to a host that is not busy, and in bursts, as they come to a busy one. */
import { setTimeout as delay } from "node:timers/promises";
import type { Candidate } from "./candidate.ts";
import type { Rounds } from "./stats.ts";

export type Samples = ReadonlyMap<string, Rounds>;

export interface Paced {
  readonly rounds: number;
  readonly laps: number;
  readonly gapMs: number;
}

/** One call of each candidate a lap, the order shuffled every lap, so that none always comes after the same neighbour. */
export async function inTurn(candidates: readonly Candidate[], { rounds, laps, gapMs }: Paced): Promise<Samples> {
  const samples = emptySamples(candidates, rounds);
  for (let round = 0; round < rounds; round++) {
    for (let lap = 0; lap < laps; lap++) {
      for (const candidate of shuffled(candidates)) {
        if (lap % candidate.every !== 0) continue;
        await delay(gapMs);
        samples.get(candidate.name)![round]!.push(await candidate.call());
      }
    }
  }
  return samples;
}

/** Each candidate in turn, call upon call; the first tenth of a burst is not counted. */
export async function inBursts(candidates: readonly Candidate[], rounds: number, calls: number): Promise<Samples> {
  const samples = emptySamples(candidates, rounds);
  for (let round = 0; round < rounds; round++) {
    for (const candidate of shuffled(candidates)) {
      const counted = Math.max(3, Math.ceil(calls / candidate.every));
      await delay(50);
      for (let skipped = 0; skipped < counted / 10; skipped++) await candidate.call();
      for (let call = 0; call < counted; call++) samples.get(candidate.name)![round]!.push(await candidate.call());
    }
  }
  return samples;
}

export async function warmUp(candidates: readonly Candidate[], calls: number): Promise<void> {
  for (const candidate of candidates)
    for (let call = 0; call < Math.max(2, calls / candidate.every); call++) {
      await delay(5);
      await candidate.call();
    }
}

function emptySamples(candidates: readonly Candidate[], rounds: number): Map<string, number[][]> {
  return new Map(candidates.map(({ name }) => [name, Array.from({ length: rounds }, () => [])]));
}

function shuffled<T>(items: readonly T[]): T[] {
  const order = [...items];
  for (let index = order.length - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1));
    [order[index], order[other]] = [order[other]!, order[index]!];
  }
  return order;
}

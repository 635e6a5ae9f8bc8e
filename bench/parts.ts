/** Where the time of a run goes, as its own Outcome tells it. */
import { setTimeout as delay } from "node:timers/promises";
import { startBaton } from "./baton.ts";
import type { Table } from "./section.ts";
import { median } from "./stats.ts";

export interface Parts {
  readonly whole: number;
  readonly queued: number;
  readonly computing: number;
  readonly hostCall: number;
}

/** Medians of what the Outcome says of its own run, in microseconds. */
export async function takeApart(runs: number): Promise<Parts> {
  const caller = await startBaton();
  const samples = {
    whole: [] as number[],
    queued: [] as number[],
    computing: [] as number[],
    hostCall: [] as number[],
  };
  try {
    for (let run = -runs / 4; run < runs; run++) {
      await delay(10);
      const begun = performance.now();
      const { usage } = await caller.execute("hand-off");
      if (run < 0) continue;
      samples.whole.push((performance.now() - begun) * 1_000);
      samples.queued.push(usage.queuedMs * 1_000);
      samples.computing.push(usage.wallMs * 1_000);
      samples.hostCall.push(usage.hostMs * 1_000);
    }
  } finally {
    await caller.close();
  }
  const { whole, queued, computing, hostCall } = samples;
  return { whole: median(whole), queued: median(queued), computing: median(computing), hostCall: median(hostCall) };
}

export function partsTable({ whole, queued, computing, hostCall }: Parts, hop: number): Table {
  const rest = whole - queued - computing - hostCall - hop;
  return {
    title: "Where the time goes: baton, prepared ahead, one host call, paced (medians, so they add up roughly)",
    columns: ["part", "µs"],
    rows: [
      ["in the queue", us(queued)],
      ["the way to the worker process and back (the echo above)", us(hop)],
      ["computing in the worker: bridge, load, action, result", us(computing)],
      ["the guest waiting for the host's answer", us(hostCall)],
      ["the rest: reading the invocation, frames, settling, the worker's own bookkeeping", us(rest)],
      ["all of it", us(whole)],
    ],
  };
}

const us = (value: number): string => Math.round(value).toLocaleString("en-US");

/** A burst of runs in an image whose isolates take long to make: the process makes one for each before it is back, and none of them is to blame. */
import { expect, test } from "@jest/globals";
import { scriptImage } from "../../sandbox/index.ts";
import { fly, nothingSeen, sandboxWith } from "../escape/flight/flight.ts";

const ISOLATE_MS = 100;
const RUNS = 16;

const image = {
  ...scriptImage({
    preludes: [
      { name: "slow", code: `() => { const until = Date.now() + ${ISOLATE_MS}; while (Date.now() < until); }` },
    ],
  }),
  weight: { processBytes: 0, isolateBytes: 0, isolateMs: ISOLATE_MS },
};

test("runs of a burst end as they would alone, however long the isolates of all take together", async () => {
  const sandbox = sandboxWith({ image, workers: 1, runsPerWorker: RUNS, isolatesAhead: 0 });
  const seen = nothingSeen();
  await fly(sandbox, seen, { body: "return 0;" });
  // Less than what the isolates of all take, and far more than a run does.
  const limits = { cpuMs: (RUNS * ISOLATE_MS) / 16 };
  const burst = Array.from({ length: RUNS }, (_, n) => fly(sandbox, seen, { body: `return ${n};`, limits }));
  expect((await Promise.all(burst)).map(({ end }) => end.type)).toEqual(burst.map(() => "returned"));
});

test("a run that loops behind a burst is ended by its limit all the same", async () => {
  const sandbox = sandboxWith({ image, workers: 1, runsPerWorker: RUNS, isolatesAhead: 0 });
  const seen = nothingSeen();
  const limits = { cpuMs: ISOLATE_MS };
  const quick = Array.from({ length: 4 }, () => fly(sandbox, seen, { body: "return 1;", limits }));
  const loop = fly(sandbox, seen, { body: "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);", limits });
  expect((await loop).end).toMatchObject({ type: "timed_out", limit: "cpu" });
  expect((await Promise.all(quick)).map(({ end }) => end.type)).toEqual(quick.map(() => "returned"));
});

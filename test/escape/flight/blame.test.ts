import { expect, test } from "@jest/globals";
import { until } from "../../processes.ts";
import { fly, nothingSeen, sandboxWith } from "./flight.ts";

const onLinux = process.platform === "linux" ? test : test.skip;

/** Taken a little at a time, by one that always answers: what V8 does not weigh. */
const TAKEN: Readonly<Record<string, string>> = {
  "resizable buffers":
    "const b = new ArrayBuffer(0, { maxByteLength: 4e6 }); b.resize(4e6); new Uint8Array(b).fill(1); all.push(b);",
  "date formats":
    "for (let n = 0; n < 30; n++) all.push(new Intl.DateTimeFormat('de', { timeZone: 'Europe/Berlin', dateStyle: 'full', timeStyle: 'full' }));",
};

for (const [name, step] of Object.entries(TAKEN))
  onLinux(`a neighbour with an honest heap is not blamed for memory that another took: ${name}`, async () => {
    const seen = nothingSeen();
    const sandbox = sandboxWith({ workers: 1 });
    const abort = new AbortController();
    const limits = { memoryMiB: 48, wallMs: 60_000, cpuMs: 30_000 };
    const neighbour = fly(sandbox, seen, {
      body: `const keep = []; for (let n = 0; n < 24; n++) keep.push(new Array(1e5).fill(1.5));
             mark("heavy"); let ticks = 0; const tick = () => { ticks++; later(15, tick); }; tick();
             await sleep(60_000); return keep.length;`,
      limits,
      signal: abort.signal,
    });
    await until(() => seen.waiting === 1);
    const offender = await fly(sandbox, seen, {
      body: `const all = []; await new Promise(() => { const step = () => { ${step} later(5, step); }; step(); });`,
      limits,
    });
    expect(offender.end.type).toBe("out_of_memory");
    abort.abort();
    // The one to blame is ended alone if its isolate is gone within the grace; else the others lose their process, through no fault of theirs.
    const { end } = await neighbour;
    expect(end.type === "cancelled" || (end.type === "crashed" && !end.ownFault)).toBe(true);
  });

/** A turn that is cut off leaves work behind in its isolate, which must not be played any more: not even to look at the isolate once again. */
import { expect, test } from "@jest/globals";
import { until } from "../../processes.ts";
import { SPIN, fly, nothingSeen, sandboxWith } from "./flight.ts";

const LEFT: Readonly<Record<string, string>> = {
  "a microtask that never ends": `Promise.resolve().then(() => { ${SPIN} });`,
  "rejections that nobody handles": `for (let n = 0; n < 1000; n++) void Promise.reject(new Error("left"));`,
  "a rejection that loops when it is read": `void Promise.reject({ get message() { ${SPIN} }, get stack() { ${SPIN} } });`,
  "async functions at the end of the stack": `const deep = async (n) => { try { return deep(n + 1); } finally { Math.max(n); } }; void deep(0);`,
};

for (const [name, work] of Object.entries(LEFT))
  test(`one that loops and has left behind ${name} is ended alone`, async () => {
    const seen = nothingSeen();
    // They share the first process. The second is for a busy machine: it has the offender run once more, by itself.
    const sandbox = sandboxWith({ workers: 2 });
    const abort = new AbortController();
    const limits = { wallMs: 60_000 };
    const neighbour = fly(sandbox, seen, { body: 'mark("here"); await sleep(60_000);', limits, signal: abort.signal });
    await until(() => seen.waiting === 1);
    const offender = await fly(sandbox, seen, { body: `${work} ${SPIN}`, limits: { cpuMs: 300 } });
    expect(offender.end).toMatchObject({ type: "timed_out", limit: "cpu" });
    abort.abort();
    expect((await neighbour).end).toEqual({ type: "cancelled" });
  });

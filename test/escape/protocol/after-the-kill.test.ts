/** A process that was killed may have said more than was read of it. Its runs may be under way elsewhere by then. */
import { expect, test } from "@jest/globals";
import { WorkerProcess } from "../../../sandbox/process/worker-process.ts";
import { fly, nothingSeen, sandboxWith } from "../flight/flight.ts";
import { useForgery } from "./forgery.ts";

const forged = useForgery();

test("what a process had said when it was killed is not heard any more", async () => {
  const { walls } = forged(
    "many",
    "raw(Buffer.concat(Array.from({ length: 50 }, (_, n) => frame(JSON.stringify(log(run, String(n)))))));",
  );
  const heard: string[] = [];
  const worker = new WorkerProcess(
    { walls, memoryBytes: 1 << 30 },
    {
      onReady: () => worker.send({ type: "run", run: 1 } as never),
      onFrame: (frame) => {
        heard.push(frame.type === "log" ? frame.message : frame.type);
        worker.kill("enough");
      },
      onSyncCall: () => void heard.push("call"),
      onExit: () => undefined,
    },
  );
  worker.send({ type: "configure" } as never);
  await worker.exited;
  expect(heard).toEqual(["0"]);
});

test("a run that began again elsewhere is not told what its first process made of it", async () => {
  const seen = nothingSeen();
  // The first process takes memory for its first run and speaks for the second without a pause; the next one says how it went.
  const sandbox = sandboxWith(
    forged(
      "again",
      `if (nth === 1) {
         const other = run - 1, all = [];
         say({ type: "entered", run: other });
         const flood = () => { for (let n = 0; n < 300; n++) say(log(run, "of the first process")); setImmediate(flood); };
         flood();
         setInterval(() => all.push(Buffer.alloc(64 << 20, 1)), 5);
       } else setTimeout(() => { if (runs === 1) returned(run, "2"); }, 300);`,
    ),
  );
  const [blamed, again] = await Promise.all([
    fly(sandbox, seen, { body: "one" }),
    fly(sandbox, seen, { body: "two", limits: { logLines: 1_000_000, logBytes: 1e9 } }),
  ]);
  expect(blamed.end.type).toBe("out_of_memory");
  expect(again).toMatchObject({ end: { type: "returned", value: 2 }, logs: [] });
});

test("a process that never says that an ended run is gone does not keep its place", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith(forged("stays", `returned(run, "1");`));
  for (const cordon of ["a", "b"])
    expect((await fly(sandbox, seen, { cordon, body: "" })).end).toEqual({ type: "returned", value: 1 });
});

test("a run that is to have a process to itself gets its turn even if there never is one", async () => {
  const seen = nothingSeen();
  const abort = new AbortController();
  // The second run is cut off before it has used its time, as on a busy machine; the first one stays.
  const sandbox = sandboxWith(
    forged(
      "busy",
      `const gone = () => say({ type: "freed", run, missing: 0 });
       if (nth === 1) { ended(run, { type: "timed_out", limit: "cpu", stack: null, waiting: false }); gone(); }
       if (nth === 2) { returned(run, "3"); gone(); }`,
    ),
  );
  const limits = { wallMs: 60_000 };
  const first = fly(sandbox, seen, { body: "one", limits, signal: abort.signal });
  expect((await fly(sandbox, seen, { body: "two", limits })).end).toEqual({ type: "returned", value: 3 });
  abort.abort();
  await sandbox.close();
  expect((await first).end.type).toBe("cancelled");
});

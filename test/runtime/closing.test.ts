// Closing a runtime: what still runs, what comes afterwards, and that nothing of ours keeps the process.
import { expect, test } from "@jest/globals";
import type { HostFault } from "../../runtime/index.ts";
import { createMemoryHandoffs, createRuntime } from "../../runtime/index.ts";
import { SILENT_LOGGER, action, delay, faultOf, run } from "./executing.ts";

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("a closed runtime rejects, and closing twice is closing once", async () => {
  const runtime = await createRuntime({ logger: SILENT_LOGGER });
  await Promise.all([runtime.close(), runtime.close()]);
  expect(await faultOf(run(runtime, "return 1"))).toMatchObject({ name: "HostFault", code: "RUNTIME_CLOSED" });
  expect(await faultOf(runtime.compile({ source: "" }))).toMatchObject({ code: "RUNTIME_CLOSED" });
});

test("closing ends what runs as cancelled, and its hand-off stands", async () => {
  const { promise: recorded, resolve: onRecorded } = Promise.withResolvers<void>();
  const handoffs = createMemoryHandoffs();
  const record = handoffs.record.bind(handoffs);
  handoffs.record = (request) => record(request).finally(() => setTimeout(onRecorded, 50));
  const runtime = await createRuntime({ logger: SILENT_LOGGER, handoffs });
  const running = run(runtime, `hand_off_conversation(context); await new Promise(() => {})`);
  await recorded;
  await runtime.close();
  expect(await running).toMatchObject({
    status: "cancelled",
    handoff: { kind: "handoff" },
    bot: { mayReplyLater: false },
  });
});

test("drainMs lets what was accepted end, what still compiles or waits for a place included", async () => {
  const runtime = await createRuntime({ logger: SILENT_LOGGER, workers: 1, runsPerWorker: 1 });
  const body = "const end = Date.now() + 100; while (Date.now() < end); return 1;";
  const before = timers();
  const running = [run(runtime, body), run(runtime, body), run(runtime, body)];
  await runtime.close({ drainMs: 20_000 });
  const outcomes = await Promise.all(running);
  expect(outcomes.map(({ status }) => status)).toEqual(["returned", "returned", "returned"]);
  expect(timers()).toBeLessThanOrEqual(before);
});

test("a drain that is over ends the rest", async () => {
  const runtime = await createRuntime({ logger: SILENT_LOGGER });
  await run(runtime, "return 1");
  const body = "await new Promise(() => {})";
  await runtime.compile(action(body));
  const running = run(runtime, body);
  await delay(300);
  await runtime.close({ drainMs: 50 });
  expect(await running).toMatchObject({ status: "cancelled" });
});

test("closing while an action compiles settles the execution one way or the other", async () => {
  const runtime = await createRuntime({ logger: SILENT_LOGGER });
  const running = run(runtime, "return 1").then(
    ({ status }) => status,
    (error: HostFault) => error.code,
  );
  await runtime.close();
  expect(["returned", "cancelled", "RUNTIME_CLOSED"]).toContain(await running);
});

test("bad options are a TypeError", async () => {
  await expect(createRuntime({ limits: { wallMs: -1 } })).rejects.toThrow(TypeError);
});

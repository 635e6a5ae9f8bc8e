// The stages of an execution, published while something subscribes to them; without a subscriber there are none, in the host or in the worker.
import { expect, test } from "@jest/globals";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { STAGE_CHANNEL, type StageMark, openStages } from "../../base/stages.ts";
import { createRuntime } from "../../runtime/index.ts";
import { EXECUTION_STAGES } from "../../runtime/stages.ts";
import { WORKER_STAGES } from "../../sandbox/protocol/stages.ts";
import { eventsPage } from "../../scripts/events-page.ts";
import { SILENT_LOGGER, delay, run } from "./executing.ts";

const CALLING = `hand_off_conversation(context, "please"); return 1`;
/** What a guest sees of its own world. */
const LOOKING = `
  const names = new Set();
  for (let each: any = globalThis; each; each = Object.getPrototypeOf(each)) for (const name of Reflect.ownKeys(each)) names.add(String(name));
  return { names: [...names].sort(), context: Object.keys(context), stack: new Error("x").stack };`;

async function followed<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly marks: readonly StageMark[] }> {
  const marks: StageMark[] = [];
  const onMark = (mark: unknown): void => void marks.push(mark as StageMark);
  subscribe(STAGE_CHANNEL, onMark);
  try {
    const result = await work();
    // The worker's marks come after the end.
    for (let tries = 0; tries < 200 && !marks.some(({ stage }) => stage === "end_sent"); tries++) await delay(5);
    return { result, marks };
  } finally {
    unsubscribe(STAGE_CHANNEL, onMark);
  }
}

test("every stage is marked once and in order, on one clock in both processes", async () => {
  await using runtime = await createRuntime({ logger: SILENT_LOGGER });
  // From the first run that is followed on a worker notes when frames come.
  await followed(() => run(runtime, CALLING));
  const { result, marks } = await followed(() => run(runtime, CALLING));
  expect(result.handoff?.state).toBe("recorded");
  expect(new Set(marks.map(({ executionId }) => executionId))).toEqual(new Set([result.executionId]));
  const inOrder = marks.toSorted((a, b) => a.at - b.at);
  const reached = inOrder.map(({ stage }) => stage);
  expect(reached.toSorted()).toEqual(EXECUTION_STAGES.toSorted());
  // These are marked once something was written, when the other process may be awake already.
  const written = ["sent", "call_answered", "end_sent"];
  const causal = (stages: readonly string[]): string[] => stages.filter((stage) => !written.includes(stage));
  expect(causal(reached)).toEqual(causal(EXECUTION_STAGES));
  for (const stage of written) {
    const before = EXECUTION_STAGES[EXECUTION_STAGES.indexOf(stage as "sent") - 1]!;
    expect(reached.indexOf(stage)).toBeGreaterThan(reached.indexOf(before));
  }
  const whole = inOrder.at(-1)!.at - inOrder[0]!.at;
  expect(whole / 1_000).toBeGreaterThanOrEqual(result.usage.wallMs);
});

test("runs that are under way at once are told apart by their execution ids", async () => {
  await using runtime = await createRuntime({ logger: SILENT_LOGGER });
  const ids = ["one", "two", "three"];
  const { marks } = await followed(() =>
    Promise.all(ids.map((executionId) => run(runtime, "return 1", { executionId }))).then(() => delay(50)),
  );
  for (const id of ids) {
    const own = marks.filter(({ executionId }) => executionId === id).map(({ stage }) => stage);
    expect(own.filter((stage) => !WORKER_STAGES.includes(stage as "end_sent"))).toEqual([
      "called", "invocation_read", "compile_looked_up", "begun", "queued", "placed", "sent", "host_woke", "result_read", "completed", "settled", "ended",
    ]); // prettier-ignore
    expect(own).toContain("guest_done");
  }
});

test("a guest sees nothing of it, and without a subscriber nothing is marked", async () => {
  await using runtime = await createRuntime({ logger: SILENT_LOGGER });
  const before = await run(runtime, LOOKING);
  const { result: during } = await followed(() => run(runtime, LOOKING));
  expect(during.returnValue).toEqual(before.returnValue);
  expect(openStages()).toBeNull();
  // The worker that followed a run before is not asked to follow the next: it would send what no run waits for, and be ended for it.
  const late: unknown[] = [];
  const after = await run(runtime, LOOKING);
  subscribe(STAGE_CHANNEL, (mark) => late.push(mark));
  await delay(50);
  expect(after.returnValue).toEqual(before.returnValue);
  expect(late).toEqual([]);
});

test("the page of events names the channel and every stage", () => {
  const page = eventsPage();
  for (const named of [STAGE_CHANNEL, ...EXECUTION_STAGES]) expect(page).toContain(`\`${named}\``);
});

// What a runtime says of itself to `subscribe`, and to the host's log.
import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { createEmitter } from "../../base/events.ts";
import { EVENTS } from "../../runtime/events.ts";
import { HostFault, type RuntimeEvent, createRuntime } from "../../runtime/index.ts";
import { createMetrics } from "../../service/metrics/metrics.ts";
import { eventsPage } from "../../scripts/events-page.ts";
import { NUMBER, SILENT_LOGGER, handoffsWith, run } from "./executing.ts";

const REASON = "a reason that no event may hold";

test("an execution is told from its compile to its outcome, by ids, codes and measures alone", async () => {
  const heard: RuntimeEvent[] = [];
  const runtime = await createRuntime({ logger: SILENT_LOGGER });
  const end = runtime.subscribe((event) => heard.push(event));
  const body = `hand_off_conversation(context, "${REASON}", "${NUMBER}"); return { secret: "${REASON}" }`;
  const outcome = await run(runtime, body, { channel: "phone", tenant: "acme" });
  await run(runtime, "throw new Error('no')", { tenant: "acme" });
  end();
  await run(runtime, "return 1", { tenant: "acme" });
  await runtime.close();
  const { executionId } = outcome;
  const settled = heard.filter(({ event }) => event === "execution.settled");
  expect(settled).toMatchObject([
    { tenant: "acme", executionId, status: "returned", handoff: "phone_transfer", state: "fired", code: null },
    { tenant: "acme", status: "threw", code: "ACTION_THREW", handoff: null },
  ]);
  expect(heard).toContainEqual({
    event: "handoff.decided",
    tenant: "acme",
    executionId,
    kind: "phone_transfer",
    verdict: "recorded",
  });
  expect(heard.filter(({ event }) => event === "compile.ended")).toMatchObject([{ ok: true }, { ok: true }]);
  expect(JSON.stringify(heard)).not.toContain(REASON);
  expect(JSON.stringify(heard)).not.toContain(NUMBER);
  for (const { event, ...fields } of heard) expect(Object.keys(fields).sort()).toEqual(fieldsOf(event));
});

const fieldsOf = (event: string): string[] => Object.keys(EVENTS[event]!.fields).toSorted();

test("a worker process that went without the pool's will is an event, and a line of the log", async () => {
  const heard: RuntimeEvent[] = [];
  const lines: unknown[] = [];
  const logger = { ...SILENT_LOGGER, warn: (...line: unknown[]) => void lines.push(line) };
  const runtime = await createRuntime({ logger });
  runtime.subscribe((event) => heard.push(event));
  const outcome = await run(runtime, "const all = []; for (;;) all.push(new Array(1e6).fill(all.length))");
  await runtime.close();
  const ended = heard.filter((each) => each.event === "worker.ended");
  if (outcome.status === "crashed") expect(ended.some(({ isExpected }) => isExpected === false)).toBe(true);
  expect(lines.filter((line) => JSON.stringify(line).includes("a worker process ended"))).toHaveLength(
    ended.filter(({ isExpected }) => isExpected === false).length,
  );
});

test("a hand-off that could not be recorded is a line at error with its ids, an event, and counted", async () => {
  const lines: unknown[] = [];
  const logger = { ...SILENT_LOGGER, error: (...line: unknown[]) => void lines.push(line[0]) };
  const full = new HostFault("STORE_FULL", `the disk is full: ${REASON}`, "safe");
  const handoffs = handoffsWith(() => ({ record: () => Promise.reject(full), standing: () => Promise.reject(full) }));
  const runtime = await createRuntime({ logger, handoffs });
  const heard: RuntimeEvent[] = [];
  runtime.subscribe((event) => heard.push(event));
  const outcome = await run(runtime, `return hand_off_conversation(context, "${REASON}")`, { tenant: "acme" });
  await runtime.close();
  expect(outcome).toMatchObject({
    returnValue: { success: false },
    warnings: [{ code: "HANDOFF_REJECTED" }, { code: "STANDING_UNKNOWN" }],
  });
  const { executionId } = outcome;
  const ids = { tenant: "acme", executionId };
  expect(heard.filter(({ event }) => event.startsWith("handoff"))).toEqual([
    {
      event: "handoff.not_recorded",
      ...ids,
      conversationId: expect.any(String),
      intentId: expect.any(String),
      code: "STORE_FULL",
    },
    { event: "handoffs.failed", ...ids, step: "standing", code: "STORE_FULL" },
    { event: "handoff.decided", ...ids, kind: "handoff", verdict: "rejected" },
  ]);
  // Each of them is counted.
  const metrics = createMetrics();
  for (const event of heard) metrics.read(event);
  expect(metrics.registry.text()).toContain('baton_handoffs_not_recorded_total{code="STORE_FULL"} 1');
  expect(metrics.registry.text()).toContain('baton_handoffs_store_failures_total{step="standing"} 1');
  expect(lines).toContainEqual(
    expect.objectContaining({
      tenant: "acme",
      executionId: outcome.executionId,
      conversationId: expect.any(String),
      intentId: expect.any(String),
    }),
  );
  expect(JSON.stringify(lines)).not.toContain(REASON);
});

test("a listener that throws takes nothing along, and nothing is made where nothing listens", () => {
  const emitter = createEmitter<number>();
  emitter.emit(() => {
    throw new Error("made for no listener");
  });
  const heard: number[] = [];
  emitter.subscribe(() => {
    throw new Error("a bad reader");
  });
  emitter.subscribe((event) => heard.push(event));
  emitter.emit(() => 7);
  expect(heard).toEqual([7]);
});

test("docs/events.md is current", () => {
  const page = readFileSync(new URL("../../docs/events.md", import.meta.url), "utf8");
  expect(page).toBe(eventsPage());
});

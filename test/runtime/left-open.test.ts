// What an action leaves open when it returns is named, with the line where it began; what it has awaited, cleared or given up is not.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createRuntime } from "../../runtime/index.ts";
import type { Outcome, Runtime } from "../../runtime/index.ts";
import { SILENT_LOGGER, contextOf } from "./executing.ts";

let runtime: Runtime;

beforeAll(async () => {
  const egress = { hosts: ["127.0.0.1"], http: true, private: ["127.0.0.1:9"] };
  runtime = await createRuntime({ logger: SILENT_LOGGER, egress });
});
afterAll(() => runtime.close());

const run = (body: string): Promise<Outcome> => {
  const source = `export async function execute_action(context) {\n${body}\nreturn "result";\n}`;
  return runtime.execute({ action: { source }, context: contextOf("chat") });
};
const HAND_OFF = "hand_off_conversation(context)";
/** Longer than the microtasks in which an async function returns. */
const LATE = "for (let i = 0; i < 5; i++) await null;";

describe("a run that returns with work of its own open", () => {
  test.each([
    ["a timer", `setTimeout(() => ${HAND_OFF}, 50);`, "1 timer (begun at action.ts:2:1)"],
    ["timers", "\nsetInterval(() => {}, 50); setTimeout(() => {}, 9);", "2 timers (begun at action.ts:3:1)"],
    ["a request", 'fetch("http://127.0.0.1:9/").catch(() => {});', "1 request (begun at action.ts:2:1)"],
    [
      "a loop that cannot wait",
      '[1, 2].forEach(async () => { await fetch("http://127.0.0.1:9/"); });',
      "2 requests (begun at action.ts:2:36)",
    ],
    [
      "an async function",
      "const later = async () => {\n  await new Promise((go) => setTimeout(go, 50)); };\nlater();",
      "1 timer (begun at action.ts:3:29)",
    ],
    ["a race that was lost", "await Promise.race([1, new Promise((go) => setTimeout(go, 50))]);", "1 timer"],
  ])("is warned of %s", async (_name, body, sentence) => {
    const outcome = await run(body);
    expect(outcome).toMatchObject({ status: "returned", returnValue: "result", intents: [] });
    expect(outcome.warnings).toMatchObject([{ code: "WORK_LEFT_OPEN" }]);
    expect(outcome.warnings[0]!.message).toContain(sentence);
  });

  test.each([
    ["a promise", `(async () => { ${LATE} ${HAND_OFF}; })();`, 1],
    [
      "a chain",
      `Promise.resolve().then(() => {}).then(() => {}).then(() => {}).then(() => {}).then(() => ${HAND_OFF});`,
      1,
    ],
    ["forEach", `[1, 2, 3].forEach(async () => { ${LATE} ${HAND_OFF}; });`, 3],
  ])("is told of hand-offs in %s that came too late", async (_name, body, count) => {
    const outcome = await run(body);
    expect(outcome).toMatchObject({ status: "returned", returnValue: "result", handoff: null, intents: [] });
    expect(outcome.warnings).toMatchObject([{ code: "WORK_LEFT_OPEN" }]);
    expect(outcome.warnings[0]!.message).toContain(
      `${count} call${count === 1 ? "" : "s"} of hand_off_conversation came after`,
    );
  });

  test.each([
    "const t = setTimeout(() => {}, 50); clearTimeout(t);",
    "await new Promise((go) => setTimeout(go, 1));",
    `await Promise.all([1, 2].map(async () => { ${LATE} }));`,
    "AbortSignal.timeout(60_000);",
    'const stop = new AbortController(); const asked = fetch("http://127.0.0.1:9/", { signal: stop.signal }); stop.abort(); await asked.catch(() => {});',
    "new Promise(() => {});",
    "queueMicrotask(() => {});",
    HAND_OFF,
  ])("is not warned of %s", async (body) => {
    expect((await run(body)).warnings).toEqual([]);
  });

  test("keeps its result, whatever comes after it", async () => {
    for (const late of [
      "for (;;);",
      "throw new Error('late');",
      "setTimeout(() => {}, 1);",
      "await fetch('http://127.0.0.1:9/');",
    ]) {
      const outcome = await run(`(async () => { ${LATE} ${LATE} ${late} })();`);
      expect(outcome).toMatchObject({ status: "returned", returnValue: "result" });
      expect(outcome.usage.hostCalls).toBe(0);
    }
  });
});

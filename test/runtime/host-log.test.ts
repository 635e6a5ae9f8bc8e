// The host's log says what happened to whom by id, and never what a person said: contexts, arguments, reasons, values and numbers stay out.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Runtime } from "../../runtime/index.ts";
import { createRuntime } from "../../runtime/index.ts";
import { NUMBER, contextOf, faultOf, handoffsWith, run } from "./executing.ts";

let runtime: Runtime;
let isDown = false;
const lines: string[] = [];

beforeAll(async () => {
  const keep =
    (level: string) =>
    (...parts: unknown[]): void =>
      void lines.push(
        `${level} ${JSON.stringify(parts, (_, part: unknown) => (part instanceof Error ? `${part.message} ${part.stack}` : part))}`,
      );
  runtime = await createRuntime({
    logger: { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") },
    handoffs: handoffsWith((memory) => ({
      record: (request) => (isDown ? Promise.reject(new Error(JSON.stringify(request))) : memory.record(request)),
      standing: (key) => (isDown ? Promise.reject(new Error(`private ${JSON.stringify(key)}`)) : memory.standing(key)),
      end: (...parts) =>
        isDown ? Promise.reject(new Error(`private ${JSON.stringify(parts)}`)) : memory.end(...parts),
    })),
  });
});
afterAll(() => runtime.close());

const context = () => {
  const base = contextOf("phone", { note: "private argument" });
  return { ...base, customer: { name: "private customer", phone: "+15550100123" } };
};
const CALL = `hand_off_conversation(context, "private reason", "${NUMBER}");`;

test("nothing that anybody said reaches the log, whatever happens", async () => {
  for (const down of [false, true]) {
    isDown = down;
    const over = () => ({ context: context(), executionId: `execution ${lines.length}` });
    await run(runtime, `${CALL} return "private value"`, over());
    await run(runtime, `console.error("private line"); ${CALL} throw new Error("private message")`, over());
    await run(runtime, `hand_off_conversation(context, "private reason", "private number")`, over());
    await run(runtime, `return { secret: "private value" }`, over());
    await run(runtime, `private source text (`, over());
    await run(runtime, "return 1", { context: { args: "private argument" } });
  }
  isDown = false;
  const twice = { context: context(), executionId: "twice" };
  await run(runtime, "return 1", twice);
  await faultOf(run(runtime, `return "private value"`, twice));

  const text = lines.join("\n");
  expect(text).toContain("HANDOFF_REJECTED");
  expect(text).toMatch(/error .*end/);
  expect(text).not.toMatch(/private/);
  expect(text).not.toContain(NUMBER.slice(1));
  expect(text).not.toContain("5550100123");
});

test("a warning of the outcome is a warn line with its code and the ids", async () => {
  lines.length = 0;
  await run(runtime, "hand_off_conversation(null)", { executionId: "warned", tenant: "tenant 1" });
  const warned = lines.filter((line) => line.startsWith("warn"));
  expect(warned).toHaveLength(1);
  for (const part of ["warned", "tenant 1", "HANDOFF_REJECTED"]) expect(warned[0]).toContain(part);
});

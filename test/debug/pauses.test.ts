// Time stands still in a pause, and only there: limits go on afterwards, and a run that no debugger holds ends by them. Processes go with their parent.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Folder, folderOf, inspected, session } from "./debugging.ts";

let folder: Folder;
beforeAll(() => {
  folder = folderOf({
    "spins.ts": `export function execute_action() {\n  debugger;\n  let n = 0;\n  for (;;) n += 1;\n}\n`,
    "halts.ts": `export function execute_action() {\n  debugger;\n  return 1;\n}\n`,
    "throws.ts": `export async function execute_action() {\n  const reason = "broken";\n  await null;\n  throw new Error(reason);\n}\n`,
  });
});
afterAll(() => folder[Symbol.dispose]());

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("limits stand still in a pause, and a loop after it is ended by them", async () => {
  await using debugged = await inspected();
  const limits = { wallMs: 1_000, cpuMs: 500 };
  await using run = await session(debugged, folder.file("spins.ts"), { limits });
  await run.client.ready();
  const began = performance.now();
  expect((await run.client.paused()).frames[0]).toMatchObject({ file: "spins.ts", line: 2 });
  await delay(3 * limits.wallMs);
  // It is still there to be asked.
  expect(await run.client.evaluate((await run.client.step("Over")).frames[0]!, "1 + 1")).toBe(2);
  const held = performance.now() - began;
  await run.client.resume();
  const outcome = await run.outcome;
  expect(outcome).toMatchObject({ status: "timed_out" });
  expect(outcome.error?.frame).toContain("> 4 |");
  expect(held).toBeGreaterThan(3 * limits.wallMs);
  expect(outcome.usage.wallMs).toBeLessThan(held);
});

test("a debugger statement without a client is passed, and the outcome is there", async () => {
  await using debugged = await inspected({}, { wait: false });
  await debugged.debug.open();
  const outcome = await debugged.runtime.execute({ action: { file: folder.file("halts.ts") }, context: { args: {} } });
  expect(outcome).toMatchObject({ status: "returned", returnValue: 1 });
  // A client that comes later finds the scripts, and hits the statement in the next run.
  const { Client } = await import("./client.ts");
  const client = await Client.attach(await debugged.url);
  const next = debugged.runtime.execute({ action: { file: folder.file("halts.ts") }, context: { args: {} } });
  expect((await client.paused()).frames[0]).toMatchObject({ file: "halts.ts", line: 2 });
  await client.resume();
  expect(await next).toMatchObject({ status: "returned", returnValue: 1 });
  client.close();
});

test("an exception pauses where it is thrown", async () => {
  await using debugged = await inspected();
  await using run = await session(debugged, folder.file("throws.ts"));
  await run.client.send("Debugger.setPauseOnExceptions", { state: "all" });
  await run.client.ready();
  const paused = await run.client.paused();
  expect(paused).toMatchObject({
    reason: expect.stringMatching(/exception|promiseRejection/),
    frames: [{ file: "throws.ts", line: 4 }],
  });
  expect(await run.client.evaluate(paused.frames[0]!, "reason")).toBe("broken");
  await run.client.resume();
  expect(await run.outcome).toMatchObject({ status: "threw", error: { message: "broken" } });
});

test.each([
  ["thrown at once", "export function execute_action() {\n  throw new TypeError('out');\n}\n", 2],
  ["thrown by an async function", "export async function execute_action() {\n  throw new TypeError('out');\n}\n", 2],
  [
    "thrown two functions down, after a wait",
    "const late = async () => {\n  await null;\n  throw new TypeError('out');\n};\nexport const execute_action = async () => {\n  await late();\n};\n",
    3,
  ],
  [
    "thrown after an answer of the host",
    "export default async function () {\n  await fetch('https://orders.example/').catch(() => {});\n  throw new TypeError('out');\n}\n",
    3,
  ],
  [
    "thrown while the module loads",
    "const read = () => {\n  throw new TypeError('out');\n};\nread();\nexport const execute_action = () => 1;\n",
    2,
  ],
  [
    "thrown by a timer",
    "export async function execute_action() {\n  await new Promise(() => setTimeout(() => {\n    throw new TypeError('out');\n  }, 1));\n}\n",
    3,
  ],
  [
    "thrown by a repeated timer, awaited by an object of the action's own",
    "export const execute_action = () => ({ then() {\n  setInterval(() => {\n    throw new TypeError('out');\n  }, 1);\n} });\n",
    3,
  ],
])("an error that is %s pauses as uncaught, and the run ends as it would", async (_, source, line) => {
  const caught = "{ try { throw new Error('in'); } catch {} } ";
  using own = folderOf({ "uncaught.ts": source.replace(/\n {2}/, `\n${caught}`) });
  await using debugged = await inspected();
  await using run = await session(debugged, own.file("uncaught.ts"));
  await run.client.send("Debugger.setPauseOnExceptions", { state: "uncaught" });
  await run.client.ready();
  expect((await run.client.paused()).frames[0]).toMatchObject({ file: "uncaught.ts", line });
  // It is told once.
  await run.client.resume();
  const outcome = await run.outcome;
  expect(outcome).toMatchObject({ status: "threw", error: { name: "TypeError", message: "out" } });
  expect(outcome.error?.stack).not.toMatch(/Promise|baton:/);
});

test("a run that is cancelled in a pause ends, and the next one goes on with the same client", async () => {
  await using debugged = await inspected();
  const abort = new AbortController();
  await using run = await session(debugged, folder.file("halts.ts"), { signal: abort.signal });
  await run.client.ready();
  await run.client.paused();
  abort.abort();
  expect(await run.outcome).toMatchObject({ status: "cancelled" });
  const next = debugged.runtime.execute({ action: { file: folder.file("halts.ts") }, context: { args: {} } });
  await run.client.paused();
  await run.client.resume();
  expect(await next).toMatchObject({ status: "returned" });
});

test("with stopFirst the first line of the action is stopped at, and a client that goes lets the run go on", async () => {
  await using debugged = await inspected({}, { stopFirst: true });
  await using run = await session(debugged, folder.file("throws.ts"));
  await run.client.ready();
  expect((await run.client.paused()).frames[0]).toMatchObject({ file: "throws.ts", line: 2, name: "execute_action" });
  run.client.close();
  expect(await run.outcome).toMatchObject({ status: "threw" });
});

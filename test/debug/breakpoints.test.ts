// Breakpoints as editors and DevTools set them: with a condition, as a logpoint, two on a line, by a pattern before the script is there.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { contextOf } from "../runtime/executing.ts";
import { Client } from "./client.ts";
import { type Folder, folderOf, inspected, session } from "./debugging.ts";

const LOOP = `export async function execute_action(context: ActionContext) {
  let sum = 0;
  for (let n = 0; n < 5; n++) {
    sum += n; sum *= twice(n);
  }
  console.warn("sum", sum);
  return sum;
}
const twice = (n: number): number => (n > 3 ? 2 : 1);
`;

let folder: Folder;
beforeAll(() => {
  folder = folderOf({ "loop.ts": LOOP });
});
afterAll(() => folder[Symbol.dispose]());

test("a condition chooses the round that stops, a logpoint writes into the console and the log and never stops", async () => {
  await using debugged = await inspected();
  await using run = await session(debugged, folder.file("loop.ts"));
  const { client, outcome } = run;
  await client.breakAt("loop.ts", 4, { condition: "n === 3" });
  await client.breakAt("loop.ts", 6, { condition: "console.log('at', sum), false" });
  await client.ready();
  const paused = await client.paused();
  expect(paused.frames[0]).toMatchObject({ file: "loop.ts", line: 4 });
  expect(await client.evaluate(paused.frames[0]!, "n")).toBe(3);
  await client.resume();
  const { returnValue, logs } = (await outcome) as { returnValue?: unknown; logs: readonly { message: string }[] };
  expect(returnValue).toBe(20);
  expect(logs.map(({ message }) => message)).toEqual(["at 20", "sum 20"]);
  while (client.console.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(client.console).toEqual(["info: at 20", "warning: sum 20"]);
});

test("two on a line stop one after the other", async () => {
  await using debugged = await inspected();
  await using run = await session(debugged, folder.file("loop.ts"));
  const { client, outcome } = run;
  await client.breakAt("loop.ts", 4);
  await client.breakAt("loop.ts", 4, { column: LOOP.split("\n")[3]!.indexOf("sum *=") });
  await client.ready();
  const sums: unknown[] = [];
  for (let stop = 0; stop < 10; stop++) {
    const paused = await client.paused();
    expect(paused.frames[0]).toMatchObject({ file: "loop.ts", line: 4 });
    sums.push(await client.evaluate(paused.frames[0]!, "[n, sum].join()"));
    await client.resume();
  }
  expect(sums).toEqual(["0,0", "0,0", "1,0", "1,1", "2,1", "2,3", "3,3", "3,6", "4,6", "4,10"]);
  expect(await outcome).toMatchObject({ status: "returned", returnValue: 20 });
});

test("one by a pattern is set before any script is there, and a second client finds what the first has left", async () => {
  await using first = await inspected();
  await using seen = await session(first, folder.file("loop.ts"));
  const { lineNumber, columnNumber } = seen.client.placeOf("loop.ts", 6);
  await seen.client.ready();
  await seen.outcome;

  await using debugged = await inspected({}, { wait: false });
  await debugged.debug.open();
  const early = await Client.attach(await debugged.url);
  const place = { urlRegex: "loop\\.ts\\.baton\\.js$", lineNumber, columnNumber };
  await early.send("Debugger.setBreakpointByUrl", place);
  const asked = { action: { file: folder.file("loop.ts") }, context: contextOf("chat", {}) };
  const running = debugged.runtime.execute(asked);
  expect((await early.paused()).frames[0]).toMatchObject({ file: "loop.ts", line: 6 });
  await early.resume();
  expect(await running).toMatchObject({ status: "returned" });
  early.close();
  await early.closed;

  const late = await Client.attach(await debugged.url);
  await late.breakAt("loop.ts", 7);
  const again = debugged.runtime.execute(asked);
  expect((await late.paused()).frames[0]).toMatchObject({ file: "loop.ts", line: 7 });
  await late.resume();
  expect(await again).toMatchObject({ status: "returned", returnValue: 20 });
  late.close();
});

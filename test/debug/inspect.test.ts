// A debugger on an action, by a client of the inspector's protocol: breakpoints by the author's file and line, stepping, variables, exceptions,
// what began a callback, and an outcome that is the same as without it.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { cannedHttp } from "../../author/scenarios/canned-http.ts";
import { type RuntimeOptions, createRuntime } from "../../runtime/index.ts";
import { SILENT_LOGGER, contextOf } from "../runtime/executing.ts";
import { Client } from "./client.ts";
import { type Folder, comparable, folderOf, inspected, session } from "./debugging.ts";

const ACTION = `import { priceOf } from "./prices.ts";

interface Order {
  readonly id: string;
}

export async function execute_action(context: any): Promise<unknown> {
  const order: Order = { id: context.args.orderId };
  const price = priceOf(order.id);
  const answer = await fetch("https://shop.example.com/orders");
  const body = await answer.json();
  const handed = hand_off_conversation(context, "look at " + order.id);
  const later = await soon(price);
  return { price, body, handed: handed.success, later };
}

async function soon(value: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return value + 1;
}
`;
const PRICES = `export function priceOf(id: string): number {
  const base = id.length;
  return base * 7;
}
`;
const EXPECTED = { price: 21, body: { ok: true }, handed: true, later: 22 };

let folder: Folder;
beforeAll(() => {
  folder = folderOf({
    "order.ts": ACTION,
    "prices.ts": PRICES,
    "throws.ts": `export async function execute_action() {\n  const reason = "broken";\n  await null;\n  throw new Error(reason);\n}\n`,
    "catches.ts": `export function execute_action() {\n  try {\n    JSON.parse("{");\n  } catch {\n    return "caught";\n  }\n}\n`,
    "spins.ts": `export function execute_action() {\n  debugger;\n  let n = 0;\n  for (;;) n += 1;\n}\n`,
    "counts.ts": `export function execute_action() {\n  const from = Date.now();\n  debugger;\n  return Date.now() - from;\n}\n`,
  });
});
afterAll(() => folder[Symbol.dispose]());

/** What the canned network answers. */
const options: RuntimeOptions = {
  egress: { hosts: ["shop.example.com"] },
  network: () => cannedHttp([{ url: "https://shop.example.com/orders", json: { ok: true } }]),
};

test("a breakpoint by file and line is hit in the action and in a file that it imports, 20 times of 20, and the outcome is the same", async () => {
  await using plain = await createRuntime({ logger: SILENT_LOGGER, ...options });
  const context = contextOf("chat", { orderId: "A-1" });
  const expected = await plain.execute({ action: { file: folder.file("order.ts") }, context });
  expect(expected).toMatchObject({ status: "returned", returnValue: EXPECTED });
  await using debugged = await inspected(options);
  let hits = 0;
  let client: Client | null = null;
  for (let round = 0; round < 20; round++) {
    const again = { ...context, conversation: { ...context.conversation, id: `conversation of round ${round}` } };
    const running = debugged.runtime.execute({ action: { file: folder.file("order.ts") }, context: again });
    if (client === null) {
      client = await Client.attach(await debugged.url);
      await client.breakAt("order.ts", 9);
      await client.breakAt("prices.ts", 3);
      await client.ready();
    }
    const inAction = await client.paused();
    expect(inAction.frames[0]).toMatchObject({ file: "order.ts", line: 9, name: "execute_action" });
    expect(await client.evaluate(inAction.frames[0]!, "order.id")).toBe("A-1");
    await client.resume();
    const inImport = await client.paused();
    expect(inImport.frames).toMatchObject([
      { file: "prices.ts", line: 3, name: "priceOf" },
      { file: "order.ts", line: 9, name: "execute_action" },
    ]);
    expect(await client.evaluate(inImport.frames[0]!, "base * 100")).toBe(300);
    await client.resume();
    const outcome = await running;
    expect(comparable(outcome)).toEqual(comparable(expected));
    hits += 1;
  }
  expect(hits).toBe(20);
});

test("fetch and hand_off_conversation are stepped over and answer as always; awaiting keeps its way", async () => {
  await using debugged = await inspected(options);
  await using run = await session(debugged, folder.file("order.ts"));
  const { client, outcome } = run;
  await client.breakAt("order.ts", 10);
  await client.ready();
  const lines: number[] = [(await client.paused()).frames[0]!.line];
  for (let at = 0; at < 3; at++) lines.push((await client.step("Over")).frames[0]!.line);
  expect(lines).toEqual([10, 11, 12, 13]);
  const into = await client.step("Into");
  expect(into.frames[0]).toMatchObject({ file: "order.ts", name: "soon" });
  await client.resume();
  expect(await outcome).toMatchObject({
    status: "returned",
    returnValue: EXPECTED,
    handoff: { reason: "look at A-1" },
  });
});

test("what began a callback is shown below it", async () => {
  await using debugged = await inspected(options);
  await using run = await session(debugged, folder.file("order.ts"));
  await run.client.breakAt("order.ts", 19);
  await run.client.ready();
  const paused = await run.client.paused();
  expect(paused.frames[0]).toMatchObject({ name: "soon", line: 19 });
  const below = paused.async.flatMap(({ frames }) => frames.map(({ name }) => name));
  expect(below).toContain("execute_action");
  await run.client.resume();
  await run.outcome;
});

// Traces, seen by a tracer of the test's: queue, load, run, hand-off and delivery under the caller's trace, and nothing said in any of them.
import { AsyncLocalStorage } from "node:async_hooks";
import {
  context,
  ROOT_CONTEXT,
  trace,
  type Attributes,
  type Context,
  type ContextManager,
  type Link,
  type Span,
  type SpanContext,
  type TracerProvider,
} from "@opentelemetry/api";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { chat, startService, until, type Running } from "./harness.ts";
import { startReceiver, type ReceiverServer } from "./webhook-server.ts";

interface Seen {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly links: readonly Link[];
  readonly attributes: Attributes;
  status: { message?: string };
  ended: boolean;
}

const seen: Seen[] = [];
const hex = (digits: number): string =>
  [...crypto.getRandomValues(new Uint8Array(digits / 2))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function spanOf(
  name: string,
  given: { attributes?: Attributes; links?: Link[] },
  parent: SpanContext | undefined,
): Span {
  const own: Seen = {
    name,
    traceId: parent?.traceId ?? hex(32),
    spanId: hex(16),
    parentId: parent?.spanId ?? null,
    links: given.links ?? [],
    attributes: { ...given.attributes },
    status: {},
    ended: false,
  };
  seen.push(own);
  const span: Span = {
    spanContext: () => ({ traceId: own.traceId, spanId: own.spanId, traceFlags: 1 }),
    setAttribute: (key, value) => ((own.attributes[key] = value), span),
    setAttributes: (more) => (Object.assign(own.attributes, more), span),
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    setStatus: (status) => ((own.status = status), span),
    updateName: () => span,
    end: () => void (own.ended = true),
    isRecording: () => true,
    recordException: () => {},
  };
  return span;
}

const PROVIDER = {
  getTracer: () => ({
    startSpan: (name: string, given: object = {}, parent: Context = context.active()) =>
      spanOf(name, given, trace.getSpanContext(parent)),
    startActiveSpan: () => {
      throw new Error("not used");
    },
  }),
} as unknown as TracerProvider;

const storage = new AsyncLocalStorage<Context>();
const MANAGER: ContextManager = {
  active: () => storage.getStore() ?? ROOT_CONTEXT,
  with: (own, work, self, ...args) => storage.run(own, () => work.call(self as never, ...args)),
  bind: (_own, target) => target,
  enable: () => MANAGER,
  disable: () => MANAGER,
};

let baton: Running;
let receiver: ReceiverServer;
beforeAll(async () => {
  trace.setGlobalTracerProvider(PROVIDER);
  context.setGlobalContextManager(MANAGER);
  receiver = await startReceiver();
  baton = await startService({ private: [`127.0.0.1:${receiver.port}`] });
});
afterAll(async () => {
  await baton[Symbol.asyncDispose]();
  await receiver.close();
  trace.disable();
  context.disable();
});

test("an execution's trace goes from the caller to the desk, without a word of what was said", async () => {
  const secrets = [`whsec_${Buffer.alloc(32, 4).toString("base64")}`];
  await baton.call("PUT", "/v1/tenants/traced", {
    body: { providers: { handoffs: { type: "webhook", url: receiver.url, secrets } } },
  });
  await baton.live(
    "traced",
    "help",
    `export function execute_action(c: any) { hand_off_conversation(c, "UNSAID reason"); return "UNSAID value " + c.args.word; }`,
  );
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const reply = await baton.execute("traced", "help", chat("c1", { word: "UNSAID argument" }), {
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    "idempotency-key": "t1",
  });
  expect(reply.body.outcome.status).toBe("returned");
  await until(async () => seen.some(({ name, ended }) => name === "baton.delivery" && ended));
  const own = seen.filter((span) => span.traceId === traceId);
  const execution = own.find(({ name }) => name === "baton.execution")!;
  expect(execution).toMatchObject({
    parentId: "00f067aa0ba902b7",
    ended: true,
    attributes: {
      "baton.tenant": "traced",
      "baton.action": "help",
      "baton.executionId": "t1",
      "baton.status": "returned",
      "baton.version": 1,
      "baton.handoff": "handoff",
    },
  });
  expect(own.map(({ name }) => name).sort()).toEqual([
    "baton.execution",
    "baton.handoff.record",
    "baton.host_call",
    "baton.load",
    "baton.queue",
    "baton.run",
  ]);
  for (const part of own.filter((span) => span !== execution))
    expect([part.parentId, part.ended]).toEqual([execution.spanId, true]);
  const delivery = seen.find(({ name }) => name === "baton.delivery")!;
  expect(delivery.links[0]?.context.traceId).toBe(traceId);
  expect(JSON.stringify(seen)).not.toContain("UNSAID");
  expect(baton.log.join()).not.toContain("UNSAID");
});

test("what is compiled for a run, and what it asks of the host, are parts of its trace", async () => {
  const before = seen.length;
  await baton.call("PUT", "/v1/tenants/calls", {
    body: { egress: { hosts: ["127.0.0.1"], ports: [receiver.port], http: true } },
  });
  await baton.live(
    "calls",
    "fetches",
    `export async function execute_action() {
      await fetch("${receiver.url}?UNSAID");
      await fetch("https://elsewhere.example/UNSAID").catch(() => {});
    }`,
  );
  await baton.execute("calls", "fetches", chat("c"));
  // The hand-off of a model is compiled when the first one asks for it.
  const params = { name: "hand_off_conversation", arguments: { reason: "UNSAID" } };
  await baton.call("POST", "/v1/tenants/calls/mcp", {
    body: { jsonrpc: "2.0", id: 1, method: "tools/call", params: { ...params, _meta: { context: chat("c") } } },
    headers: { accept: "application/json, text/event-stream" },
  });
  const mine = seen.slice(before);
  const calls = mine.filter(
    ({ name, attributes }) => name === "baton.host_call" && attributes["baton.name"] === "fetch.send",
  );
  expect(calls.map(({ ended }) => ended)).toEqual([true, true]);
  const compiled = mine.find(({ name }) => name === "baton.compile");
  expect(compiled).toMatchObject({ ended: true, attributes: { "baton.language": "javascript" } });
  const roots = mine.filter(({ name }) => name === "baton.execution").map(({ spanId }) => spanId);
  for (const part of [...calls, compiled!]) expect(roots).toContain(part.parentId);
  expect(JSON.stringify(seen)).not.toContain("UNSAID");
});

test("a traceparent that is none begins a trace of its own, and a failure is its code", async () => {
  const before = seen.length;
  await baton.execute("traced", "nothing", chat("c"), { traceparent: "garbage" });
  await baton.live("traced", "fails", `export function execute_action() { throw new Error("UNSAID error"); }`);
  await baton.execute("traced", "fails", chat("c"), {
    traceparent: "00-00000000000000000000000000000000-0000000000000000-01",
  });
  const executions = seen.slice(before).filter(({ name }) => name === "baton.execution");
  expect(executions.map(({ parentId }) => parentId)).toEqual(executions.map(() => null));
  expect(executions.at(-1)?.status.message).toBe("ACTION_THREW");
  expect(JSON.stringify(seen)).not.toContain("UNSAID");
});

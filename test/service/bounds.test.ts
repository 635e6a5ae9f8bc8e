// What a holder of a key, or a stranger, can have a node keep in memory: bodies, accepted runs, streams, pages of logs, changes. Over HTTP where it shows there.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server } from "node:http";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Change } from "../../delivery/index.ts";
import { createEvents } from "../../service/events.ts";
import { checkRoomForActions } from "../../service/handlers/room.ts";
import { createLogPages } from "../../service/log-pages.ts";
import { streamHandlers } from "../../service/handlers/streams.ts";
import { liveTools, toolList } from "../../service/mcp/tools.ts";
import type { Parts } from "../../service/parts.ts";
import type { Tenant } from "../../service/tenant.ts";
import { chat, startService, until, type Running } from "./harness.ts";

const MIB = 1024 * 1024;
let baton: Running;
let key: string;
let server: Server | undefined;

beforeAll(async () => {
  const note = (message: unknown): void => void (server = (message as { server: Server }).server);
  subscribe("http.server.request.start", note);
  baton = await startService();
  for (const tenant of ["acme", "other"]) {
    await baton.call("PUT", `/v1/tenants/${tenant}`, { body: {} });
    await baton.live(tenant, "echo", "export function execute_action(c: any) { return Object.keys(c.args).length; }");
  }
  key = await baton.key(["execute", "deploy", "read"], "acme");
  unsubscribe("http.server.request.start", note);
});
afterAll(async () => {
  await baton?.[Symbol.asyncDispose]();
});

const numbered = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));

/** A request whose body does not come; resolves with the first bytes of an answer, if there is one. */
async function begin(path: string, bytes: number): Promise<{ readonly socket: Socket; readonly answer: () => string }> {
  const { hostname, port } = new URL(baton.url);
  let text = "";
  const socket = connect(Number(port), hostname);
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => {});
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`,
  );
  return { socket, answer: () => text };
}

describe("a body", () => {
  test("has so many values beside a context, and a context as many as its bytes allow", async () => {
    const large = { context: { args: numbered(60_000) } };
    const ran = await baton.execute("acme", "echo", large, { "idempotency-key": "large" });
    expect([ran.status, ran.body.outcome.returnValue]).toEqual([200, 60_000]);
    // Asked again with its keys the other way round it is the same request, with another value it is not.
    const turned = Object.fromEntries(Object.entries(large.context.args).reverse());
    const again = await baton.execute("acme", "echo", { context: { args: turned } }, { "idempotency-key": "large" });
    expect([again.status, again.body]).toEqual([200, ran.body]);
    const other = { context: { args: { ...large.context.args, k1: 2 } } };
    expect((await baton.execute("acme", "echo", other, { "idempotency-key": "large" })).body.code).toBe("EXECUTION_MISMATCH");
    const more = await baton.execute("acme", "echo", { ...chat("c"), ...numbered(60_000) });
    expect([more.status, more.body.code]).toEqual([413, "BODY_TOO_LARGE"]);
    const mistakes = await baton.execute("acme", "echo", { ...chat("c"), ...numbered(1_900), ["x".repeat(100_000)]: 1 });
    expect([mistakes.status, mistakes.text.length < 3_000]).toEqual([400, true]);
    const files = { files: Object.fromEntries(Object.keys(numbered(60_000)).map((name) => [name, ""])) };
    const deployed = await baton.call("POST", "/v1/tenants/acme/actions/echo/versions", { body: files });
    expect([deployed.status, deployed.body.code]).toEqual([413, "BODY_TOO_LARGE"]);
  }); // prettier-ignore

  test("that is long and no JSON is refused like a short one", async () => {
    const path = "/v1/tenants/acme/actions/echo/executions";
    const [short, long] = [await baton.call("POST", path, { body: "{" }), await baton.call("POST", path, { body: `{"context":${" ".repeat(100_000)}` })];
    const shown = ({ requestId: _id, ...problem }: Record<string, unknown>): object => problem;
    expect([long.status, shown(long.body)]).toEqual([400, shown(short.body)]);
  }); // prettier-ignore

  test("that nests too deep ends as an outcome, and is not accepted for later", async () => {
    const deep = `{"context":{"args":{"l":${"[".repeat(100_000)}${"]".repeat(100_000)}}}}`;
    const path = "/v1/tenants/acme/actions/echo/executions";
    const ask = (headers: Record<string, string>) => baton.call("POST", path, { body: deep, headers });
    expect((await ask({})).body.outcome.error.code).toBe("CONTEXT_INVALID");
    expect((await ask({ "idempotency-key": "deep" })).body.outcome.error.code).toBe("CONTEXT_INVALID");
    expect((await ask({ prefer: "respond-async" })).body.errors[0].path).toBe("body.context");
  });

  test("in chunks of a byte ends with its connection, and one in short chunks is read", async () => {
    const { hostname, port } = new URL(baton.url);
    const send = (chunks: string): Promise<string> => {
      const socket = connect(Number(port), hostname);
      socket.write(`POST /v1/tenants/acme/actions/echo/executions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`);
      let text = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk)).on("error", () => {});
      return new Promise((resolve) => socket.once("close", () => resolve(text)));
    };
    const body = '{"context":{"args":{"é":1}}}';
    const short = Array.from(body, (sign) => `${Buffer.byteLength(sign)}\r\n${sign}\r\n`).join("");
    expect(await send(`${short}0\r\n\r\n`)).toMatch(/^HTTP\/1.1 200/);
    expect(await send("1\r\n \r\n".repeat(10_000))).toBe("");
  }); // prettier-ignore

  test("of a form that anybody may send has 64 KiB", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const post = (body: string) => baton.call("POST", "/v1/callbacks/twilio/acme", { key: null, body, headers });
    expect((await post("a=b")).status).not.toBe(413);
    expect((await post("a".repeat(70_000))).status).toBe(413);
  });

  test("is held in memory for a tenant only so far, and other tenants have theirs", async () => {
    const path = "/v1/tenants/acme/actions/echo/executions";
    const begun = await Promise.all(Array.from({ length: 66 }, () => begin(path, 2_000_000)));
    try {
      const refused = await until(async () => {
        const one = await begin(path, 2_000_000);
        begun.push(one);
        await new Promise((resolve) => setTimeout(resolve, 50));
        return one.answer().includes("HTTP/1.1 429") && one.answer();
      });
      expect(refused).toContain("QUEUE_FULL");
      expect((await baton.execute("other", "echo", { context: { args: { text: "x".repeat(500_000) } } })).status).toBe(200);
      expect((await baton.execute("acme", "echo", chat("small"))).status).toBe(200);
    } finally {
      for (const { socket } of begun) socket.destroy();
    }
    await until(async () => (await baton.execute("acme", "echo", { context: { args: { text: "x".repeat(500_000) } } })).status === 200);
  }); // prettier-ignore

  test("has five minutes to arrive", () => {
    expect(server?.requestTimeout).toBe(300_000);
  });
});

describe("a tenant", () => {
  const secret = { value: "long-enough-a-value", hosts: ["api.example"] };
  test("has at most a hundred secrets, however they are put", async () => {
    const many = (count: number, from = 0) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`S${from + at}`, secret]));
    const deploy = (secrets: object) => baton.call("POST", "/v1/tenants/other/deployments", { body: { secrets } });
    expect((await deploy(many(101))).body.errors[0].path).toBe("body.secrets");
    expect((await deploy(many(99))).status).toBe(200);
    expect((await baton.call("PUT", "/v1/tenants/other/secrets/constructor", { body: secret })).status).toBe(204);
    expect((await baton.call("PUT", "/v1/tenants/other/secrets/toString", { body: secret })).body.errors[0].path).toBe("params.name");
    expect((await deploy(many(1, 200))).status).toBe(400);
    expect((await deploy({ ...many(2, 200), S1: null, S2: null })).status).toBe(200);
    expect((await deploy(many(1))).status).toBe(200);
  }); // prettier-ignore

  test("has versions of a bounded size, with a bounded number of tags", async () => {
    const path = "/v1/tenants/other/actions/echo/versions";
    const source = "export function execute_action() { return 1; }";
    const wrong = async (body: object) => (await baton.call("POST", path, { body })).body.errors?.[0].path as unknown;
    const tags = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`t${at}`, "x"]));
    expect(await wrong({ source, tags })).toBe("body.tags");
    expect(await wrong({ entry: "action.ts", files: { "action.ts": source, "b.txt": "x".repeat(6 * MIB) } })).toBe("body.files");
    expect(await wrong({ source: `//${"x".repeat(6 * MIB)}` })).toBe("body.source");
  }); // prettier-ignore

  test("shows models schemas of a mebibyte in all; tools past it take any object", async () => {
    const schema = (chars: number): object => ({ type: "object", properties: { kind: { const: "k".repeat(chars) } } });
    const rows = Array.from({ length: 30 }, (_, at) => ({
      action: `a${at}`,
      live: JSON.stringify([{ version: 1, percent: 100 }]),
      version: 1,
      args: JSON.stringify(schema(at === 10 ? 10 : 60_000)),
      note: null,
    }));
    const tools = await liveTools({ store: { run: () => Promise.resolve(rows) } } as unknown as Parts, "acme");
    const shown = tools.filter(({ action, input }) => action !== null && "properties" in input);
    expect(shown).toHaveLength(18);
    expect(tools).toHaveLength(31);
    expect(tools[29]!.input).toEqual({ type: "object", additionalProperties: true });
    expect(JSON.stringify(toolList(tools, "openai")).length).toBeLessThan(1.1 * MIB);
  });

  test("has at most a thousand actions", () => {
    const tenant = { actions: new Map(Array.from({ length: 1_000 }, (_, at) => [`a${at}`, {}])) } as unknown as Tenant;
    expect(() => checkRoomForActions(tenant, ["a1", "a999"], "body.actions")).not.toThrow();
    expect(() => checkRoomForActions(tenant, ["a1", "other"], "body.actions")).toThrow("at most 1000 actions");
  });
});

test("requests of one connection that do not wait for answers are begun a few at a time, and past that it ends", async () => {
  const pipelined = (count: number): Promise<number> => {
    const { hostname, port } = new URL(baton.url);
    return new Promise((resolve) => {
      let text = "";
      const last = "GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
      const socket = connect(Number(port), hostname, () => socket.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n".repeat(count - 1) + last));
      socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      socket.on("error", () => {});
      socket.on("close", () => resolve(text.split("HTTP/1.1 200").length - 1));
    });
  };
  expect(await pipelined(20)).toBe(20);
  expect(await pipelined(1_000)).toBeLessThan(33);
}); // prettier-ignore

test("a tenant has two hundred streams open, and one more once one has ended", async () => {
  const headers = { authorization: `Bearer ${key}` };
  // An answer that nothing holds is given up.
  const open = async (): Promise<{ status: number; stop: AbortController; response: Response }> => {
    const stop = new AbortController();
    const response = await fetch(new URL("/v1/tenants/acme/events", baton.url), { headers, signal: stop.signal });
    return { status: response.status, stop, response };
  };
  const streams = await Promise.all(Array.from({ length: 200 }, open));
  expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
  expect((await open()).status).toBe(429);
  streams[0]!.stop.abort();
  await until(async () => {
    const one = await open();
    streams.push(one);
    return one.status === 200;
  });
  for (const { stop } of streams) stop.abort();
});

test("a follower of logs is sent a page at a time: what it does not read is not read for it", async () => {
  const limits: number[] = [];
  const row = (settledN: number) => ({
    settledN, settledAt: 1, executionId: `e${settledN}`, version: 1, status: "returned",
    outcome: JSON.stringify({ logs: [{ level: "log", message: "x".repeat(1_000), time: 1 }], logsDropped: 0 }),
  }); // prettier-ignore
  const store = {
    run: async (name: string, input: { after: number; limit: number }) => {
      if (name === "lastSettled") return 0;
      limits.push(input.limit);
      return Array.from({ length: Math.min(input.limit, 23 - input.after) }, (_, at) => row(input.after + at + 1));
    },
  };
  const parts = {
    store, logPages: createLogPages(store as never), recorder: { flush: async () => {} }, metrics: { listening: () => () => {} }, underWay: { listen: () => () => {} },
    closed: new AbortController().signal,
  }; // prettier-ignore
  const call = {
    params: { tenant: "acme", action: "echo" }, query: { follow: "false" }, headers: { "last-event-id": "0" },
    hungUp: new AbortController().signal, tenant: { actions: new Map([["echo", {}]]) },
  }; // prettier-ignore
  const { stream } = await streamHandlers.logs(parts as never, call as never);
  const lines = stream![Symbol.asyncIterator]();
  // The first says that it is connected, and then there is one for each run.
  for (let at = 0; at < 3; at += 1) await lines.next();
  expect(limits).toEqual([5]);
  let ends = 2;
  for (let next = await lines.next(); next.done !== true; next = await lines.next())
    ends += String(next.value).split("event: end").length - 1;
  expect([ends, Math.max(...limits)]).toEqual([23, 5]);
});

test("the changes that are kept for listeners hold so many characters, and who is behind reads the store", async () => {
  const all = Array.from({ length: 50 }, (_, at) => ({
    cursor: String(at + 1),
    tenant: "t",
    type: "x",
    conversationId: "c".repeat(1_000),
  }));
  let reads = 0;
  const source = {
    lastCursor: async () => "0",
    async *changes({ after, signal }: { after: string; signal: AbortSignal }) {
      reads += 1;
      for (const change of all.slice(Number(after))) yield change as unknown as Change;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    },
  };
  const events = createEvents(source as never, 10_000, 10_000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const stop = new AbortController();
  const take = async (after: string, count: number): Promise<string[]> => {
    const seen: string[] = [];
    for await (const { cursor } of events.follow({ tenant: null, after, signal: stop.signal }))
      if (seen.push(cursor) === count) break;
    return seen;
  };
  expect(await take("45", 5)).toEqual(["46", "47", "48", "49", "50"]);
  expect(reads).toBe(1);
  expect((await take("0", 50)).at(-1)).toBe("50");
  expect(reads).toBe(2);
  stop.abort();
  events.close();
});

// HTTP as the service speaks it, beyond its table: every refusal is a problem with a code of the catalogue, heads answer as what they
// are the heads of, and a model's client of the official make finds the actions.
import { connect } from "node:net";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CATALOGUE } from "../../base/catalogue.ts";
import { ROUTES } from "../../service/routes/index.ts";
import type { Route } from "../../service/routes/route.ts";
import { ADMIN, chat, startService, until, type Running } from "./harness.ts";

let baton: Running;
beforeAll(async () => {
  baton = await startService();
  await baton.call("PUT", "/v1/tenants/acme", { body: {} });
  await baton.live(
    "acme",
    "refund",
    `/** Refunds an order. */
export function execute_action(context: ActionContext<{ orderId: string; amount?: number }>) { return { refunded: context.args.orderId }; }`,
  );
});
afterAll(async () => {
  await baton?.[Symbol.asyncDispose]();
});

/** Bytes over a connection of its own, and all that comes back. */
function send(bytes: string): Promise<string> {
  const { hostname, port } = new URL(baton.url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    socket.on("close", () => resolve(text)).on("error", reject);
  });
}

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${more}\r\n`;
const post = (type: string, body: string): string =>
  `POST /v1/tenants/acme/deployments HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${ADMIN}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe("every refusal is a problem of the catalogue", () => {
  test.each([
    ["no such path", get("/v2"), 404],
    ["a path that cannot be decoded", get("/v1/tenants/%zz"), 400],
    ["a name that is too long", get(`/v1/tenants/${"a".repeat(10_000)}`), 414],
    ["another method", "DELETE /v1/tenants HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 405],
    ["a method that nothing knows", "PATCH /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 405],
    ["an absolute form", get("http://else.example/livez/none"), 404],
    ["what is no HTTP", "hello\r\n\r\n", 400],
    ["a header without a name", "GET / HTTP/1.1\r\nhost: x\r\n: y\r\n\r\n", 400],
    ["headers past all measure", get("/livez", `x: ${"y".repeat(40_000)}\r\n`), 431],
    ["no key", get("/v1/tenants"), 401],
    ["a key that is none", get("/v1/tenants", "authorization: Basic eDp5\r\n"), 401],
    ["a body that is no JSON", post("application/json", "{"), 400],
    ["a body that is empty", post("application/json", ""), 400],
    ["a body of another type", post("text/plain", "x"), 415],
    ["a body that is an array", post("application/json", "[]"), 400],
    ["a query that is none of the path's", get("/v1/audit?limit=none", `authorization: Bearer ${ADMIN}\r\n`), 400],
  ])("%s", async (_what, bytes, status) => {
    const answer = await send(bytes);
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    expect([head.split("\r\n")[0], head.toLowerCase()]).toEqual([
      expect.stringMatching(new RegExp(`^HTTP/1.1 ${status} `)),
      expect.stringContaining("content-type: application/problem+json"),
    ]);
    const problem = JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)) as Record<string, unknown>;
    expect(problem).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
    expect(problem["requestId"]).toEqual(expect.any(String));
    const codes = CATALOGUE.flatMap(({ codes }) => Object.keys(codes));
    expect(codes).toContain(problem["code"]);
  });
});

describe("a head", () => {
  const READ = Object.entries(ROUTES as Readonly<Record<string, Route>>).filter(([, { method }]) => method === "GET");
  test.each(READ)("of %s answers as its body would, without one", async (_name, route) => {
    const path = route.path
      .replaceAll(":tenant", "acme")
      .replaceAll(":action", "refund")
      .replaceAll(":version", "1")
      .replaceAll(/:\w+/g, "none");
    const head = await baton.call("HEAD", path);
    if (route.media === "text/event-stream") {
      expect([head.status, head.headers.get("content-type")]).toEqual([200, expect.stringContaining(route.media)]);
      return;
    }
    const body = await baton.call("GET", path);
    expect([head.status, head.text, head.headers.get("content-type")]).toEqual([
      body.status,
      "",
      body.headers.get("content-type"),
    ]);
  });
});

describe("the Model Context Protocol, by its official client", () => {
  const connected = async (key: string): Promise<Client> => {
    const client = new Client({ name: "test", version: "1" });
    const url = new URL("/v1/tenants/acme/mcp", baton.url);
    await client.connect(
      new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization: `Bearer ${key}` } } }),
    );
    return client;
  };

  test("lists live actions as typed tools, and calls them once for an execution id", async () => {
    const client = await connected(await baton.key(["execute"], "acme"));
    try {
      const { tools } = await client.listTools();
      const refund = tools.find(({ name }) => name === "refund");
      expect(refund).toMatchObject({
        inputSchema: { type: "object", required: ["orderId"], properties: { orderId: { type: "string" } } },
        outputSchema: { type: "object" },
      });
      expect(tools.map(({ name }) => name)).toContain("hand_off_conversation");
      const conversation = { id: "mcp-1", latestChannel: "chat" };
      const ask = (orderId: string) =>
        client.callTool({
          name: "refund",
          arguments: { orderId },
          _meta: { context: { conversation }, executionId: "mcp-e1" },
        });
      const first = await ask("7");
      expect(first.structuredContent).toMatchObject({ executionId: "mcp-e1", returnValue: { refunded: "7" } });
      expect((await ask("7")).structuredContent).toEqual(first.structuredContent);
      expect(await ask("8")).toMatchObject({ isError: true });
      const off = await client.callTool({
        name: "hand_off_conversation",
        arguments: { reason: "asked for one" },
        _meta: { context: { conversation } },
      });
      expect(off.structuredContent).toMatchObject({ handoff: { kind: "handoff" }, bot: { mayReplyLater: false } });
      expect((await baton.call("GET", "/v1/tenants/acme/conversations/mcp-1")).body.canReply).toBe(false);
      const seen = await until(async () => {
        const { body } = await baton.call("GET", "/v1/tenants/acme/executions/mcp-e1");
        return body.outcome && body;
      });
      expect(seen).toMatchObject({ action: "refund", version: 1, status: "returned" });
      expect(await client.callTool({ name: "none", arguments: {} }).catch(() => ({ isError: true }))).toMatchObject({
        isError: true,
      });
    } finally {
      await client.close();
    }
  });

  test("is not there for another tenant's key", async () => {
    const key = await baton.key(["execute"], "other");
    await expect(connected(key).then((client) => client.listTools())).rejects.toThrow();
  });
});

test("what is asked while a wall that has to stand does not is 503, and nothing ran", async () => {
  await using walled = await startService({ requireWalls: ["moat"] });
  await walled.call("PUT", "/v1/tenants/t", { body: {} });
  await walled.live("t", "a", `export function execute_action() { return 1; }`);
  for (const headers of [{}, { prefer: "respond-async" }]) {
    const reply = await walled.execute("t", "a", chat("c"), headers);
    expect([reply.status, reply.body.code, reply.text]).toEqual([503, "WALL_MISSING", expect.stringContaining("moat")]);
  }
  expect((await walled.call("GET", "/v1/tenants/t/executions")).body.executions).toEqual([]);
  expect((await walled.call("GET", "/readyz", { key: null })).status).toBe(503);
});

test("with a logger of the embedder's own the lines go there, and a logger that throws stops nothing", async () => {
  const lines: [string, object][] = [];
  const logger = {
    debug() {},
    info: (fields: object, message = "") => void lines.push([message, fields]),
    warn() {
      throw new Error("the log is full");
    },
    error() {},
  };
  const own = await startService({ logger });
  try {
    expect((await own.call("GET", "/v1/keys")).status).toBe(200);
  } finally {
    await own[Symbol.asyncDispose]();
  }
  expect(lines.map(([message]) => message)).toContain("draining");
  expect(lines.some(([, fields]) => "requestId" in fields)).toBe(true);
  expect(own.log).toEqual([]);
});

// The Model Context Protocol endpoint by its wire: what each revision of the protocol asks of a server, and what a client gets wrong.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startService, type Reply, type Running } from "./harness.ts";

let baton: Running;
let key: string;

beforeAll(async () => {
  baton = await startService();
  await baton.call("PUT", "/v1/tenants/acme", { body: {} });
  const named = (name: string): string =>
    `export function execute_action(context: ActionContext<{ n: number }>) { return { name: "${name}", twice: context.args.n * 2 }; }`;
  for (const name of ["double", "double.it", "double_it", "x".repeat(80)]) await baton.live("acme", name, named(name));
  key = await baton.key(["execute"], "acme");
});
afterAll(async () => baton?.[Symbol.asyncDispose]());

const LEGACY = "2025-06-18";
const MODERN = "2026-07-28";

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
}

const send = (body: unknown, { headers = {} }: Sent = {}): Promise<Reply> =>
  baton.call("POST", "/v1/tenants/acme/mcp", {
    key,
    body,
    headers: { accept: "application/json, text/event-stream", ...headers },
  });

/** The message in an answer, whether it came as JSON or as the one event of a stream. */
// oxlint-disable-next-line typescript/no-explicit-any -- what a test expects of it is the test
function messageOf({ body, text }: Reply): any {
  if (typeof body === "object") return body;
  return JSON.parse(/^data: (.*)$/m.exec(text)![1]!);
}

const legacy = async (method: string, params: object = {}): Promise<ReturnType<typeof messageOf>> =>
  messageOf(await send({ jsonrpc: "2.0", id: 1, method, params }, { headers: { "mcp-protocol-version": LEGACY } }));

const envelope = {
  "io.modelcontextprotocol/protocolVersion": MODERN,
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};
const modern = async (method: string, params: { readonly _meta?: object; readonly name?: string } = {}) =>
  send(
    { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: { ...envelope, ...params._meta } } },
    {
      headers: {
        "mcp-protocol-version": MODERN,
        "mcp-method": method,
        ...(params.name === undefined ? {} : { "mcp-name": params.name }),
      },
    },
  );

describe("versions", () => {
  test.each([
    [LEGACY, LEGACY],
    ["2025-03-26", "2025-03-26"],
    ["1999-01-01", expect.stringMatching(/^20\d\d-\d\d-\d\d$/)],
  ])("an initialize that asks for %s is answered", async (asked, expected) => {
    const params = { protocolVersion: asked, capabilities: {}, clientInfo: { name: "t", version: "1" } };
    const reply = await send({ jsonrpc: "2.0", id: "a", method: "initialize", params });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("mcp-session-id")).toBeNull();
    expect(messageOf(reply)).toMatchObject({
      id: "a",
      result: { protocolVersion: expected, capabilities: { tools: {} }, serverInfo: { name: "baton acme" } },
    });
  });

  test("one that is not served is refused, in each age of the protocol", async () => {
    const ask = { jsonrpc: "2.0", id: 1, method: "tools/list", params: {} };
    expect((await send(ask, { headers: { "mcp-protocol-version": "1999-01-01" } })).status).toBe(400);
    const reply = await send(
      { ...ask, params: { _meta: { ...envelope, "io.modelcontextprotocol/protocolVersion": "2099-01-01" } } },
      { headers: { "mcp-protocol-version": "2099-01-01", "mcp-method": "tools/list" } },
    );
    expect([reply.status, messageOf(reply).error.code]).toEqual([400, expect.any(Number)]);
  });

  test("the newest is served without a handshake", async () => {
    const reply = await modern("tools/list");
    expect(reply.status).toBe(200);
    expect(messageOf(reply).result.tools.map(({ name }: { name: string }) => name)).toContain("double");
    const called = await modern("tools/call", { name: "double", arguments: { n: 4 } } as object);
    expect(messageOf(called).result.structuredContent).toMatchObject({ returnValue: { twice: 8 } });
  });
});

describe("what is no call", () => {
  test("a notification is 202 without a body", async () => {
    const reply = await send(
      { jsonrpc: "2.0", method: "notifications/initialized" },
      { headers: { "mcp-protocol-version": LEGACY } },
    );
    expect([reply.status, reply.text]).toEqual([202, ""]);
  });

  test.each([
    ["a batch in the newest revision", [{ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: envelope } }]],
    ["an empty batch", []],
    ["no message", { hello: 1 }],
    ["a text", '"text"'],
    ["no JSON", "{"],
  ])("%s is 400", async (_, body) => {
    expect((await send(body)).status).toBe(400);
  });

  test("GET and DELETE are not there", async () => {
    for (const method of ["GET", "DELETE"]) {
      const { status, headers } = await baton.call(method, "/v1/tenants/acme/mcp", { key });
      expect([status, headers.get("allow")]).toEqual([405, "POST"]);
    }
  });

  test("another type of body, another page's request, another tenant's key", async () => {
    const ask = { jsonrpc: "2.0", id: 1, method: "tools/list", params: {} };
    expect((await send(JSON.stringify(ask), { headers: { "content-type": "text/plain" } })).status).toBe(415);
    for (const origin of ["https://evil.example", "null", "http://localhost.evil.example"])
      expect(await send(ask, { headers: { origin } })).toMatchObject({
        status: 403,
        body: { code: "ORIGIN_FOREIGN" },
      });
    expect((await send(ask, { headers: { origin: "http://localhost:6274" } })).status).toBe(200);
    await baton.call("PUT", "/v1/tenants/other", { body: {} });
    const other = await baton.key(["execute"], "other");
    expect((await baton.call("POST", "/v1/tenants/acme/mcp", { key: other, body: ask })).status).toBe(404);
  });
});

describe("tools", () => {
  test("have names that models take, one each, and the same at each call", async () => {
    const { tools } = (await legacy("tools/list")).result as { tools: { name: string; inputSchema: object }[] };
    const names = tools.map(({ name }) => name);
    expect(new Set(names).size).toBe(5);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    const found = await Promise.all(
      names
        .filter((name) => name !== "hand_off_conversation")
        .map(async (name) => (await legacy("tools/call", { name, arguments: { n: 1 } })).result.structuredContent),
    );
    const ran = found.map(({ returnValue }: { returnValue: { name: string } }) => returnValue.name);
    expect(ran.toSorted()).toEqual(["double", "double.it", "double_it", "x".repeat(80)]);
    // The tool that has an action's own name is that action.
    const own = await legacy("tools/call", { name: "double_it", arguments: { n: 1 } });
    expect(own.result.structuredContent.returnValue.name).toBe("double_it");
  });

  test.each([
    ["an unknown tool", { name: "none", arguments: {} }, "Unknown tool: none"],
    ["an environment that is none", { name: "double", arguments: { n: 1 }, _meta: { environment: "tset" } }, "environment"],
    ["a context that is none", { name: "double", arguments: { n: 1 }, _meta: { context: "c" } }, "context"],
    ["an execution id that is none", { name: "double", arguments: { n: 1 }, _meta: { executionId: 7 } }, "executionId"],
  ])("%s is an error of the protocol", async (_, params, text) => {
    expect((await legacy("tools/call", params)).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining(text),
    });
  }); // prettier-ignore

  test("arguments that break the schema run nothing, and the model is told which", async () => {
    for (const args of [{}, { n: "1" }, { n: 1, more: 2 }]) {
      const { result } = await legacy("tools/call", { name: "double", arguments: args });
      expect(result).toMatchObject({ isError: true, structuredContent: { status: "invalid" } });
      expect(result.content[0].text).toMatch(/args/);
    }
  });

  test("an environment of test hands nothing off, and a key that is too long is the tool's error", async () => {
    const conversation = { id: "m-1", latestChannel: "chat" };
    const off = { name: "hand_off_conversation", arguments: { reason: "r" } };
    const { result } = await legacy("tools/call", { ...off, _meta: { context: { conversation }, environment: "test" } });
    expect(result.structuredContent).toMatchObject({ handoff: null, bot: { mayReplyLater: true } });
    const long = await legacy("tools/call", { ...off, _meta: { executionId: "k".repeat(300) } });
    expect(long.result).toMatchObject({ isError: true });
    expect(long.result.content[0].text).toContain("_meta.executionId, the idempotency-key");
  }); // prettier-ignore
});

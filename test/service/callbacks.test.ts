// The ends of asynchronous executions at receivers that redirect, hang, refuse, ask for patience or may not be reached.
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { openServiceStore } from "../../service/store/store.ts";
import { chat, startService, until, type Running } from "./harness.ts";

const SECRETS = [`whsec_${Buffer.alloc(32, 7).toString("base64")}`, `whsec_${Buffer.alloc(32, 8).toString("base64")}`];

interface Received {
  readonly at: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let baton: Running;
let receiver: Server;
let base: string;
const seen = new Map<string, Received[]>();
/** What a path answers, by the count of its requests before. */
const answers = new Map<string, (response: ServerResponse, before: number) => void>();

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(code, headers).end();

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const at = performance.now();
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      const before = seen.get(path) ?? [];
      seen.set(path, [...before, { at, headers: request.headers, body }]);
      (answers.get(path) ?? status(200))(response, before.length);
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  base = `http://${host}`;
  baton = await startService({ private: [host] });
  for (const tenant of ["acme", "globex"]) {
    const providers = { handoffs: { type: "webhook", url: `${base}/desk`, secrets: SECRETS } };
    await baton.call("PUT", `/v1/tenants/${tenant}`, { body: { providers } });
    const source = `export async function execute_action(c: any) { await new Promise((r) => setTimeout(r, c.args.ms ?? 0)); return 1; }`;
    await baton.live(tenant, "wait", source);
  }
});
afterAll(async () => {
  await baton?.[Symbol.asyncDispose]();
  receiver?.closeAllConnections();
  receiver?.close();
});

const accept = (path: string, { tenant = "acme", key = path.slice(1), url = `${base}${path}`, ms = 0 } = {}) =>
  baton.execute(
    tenant,
    "wait",
    { ...chat("c", { ms }), callback: url },
    { prefer: "respond-async", "idempotency-key": key },
  );
const callbackOf = async (key: string) =>
  (await baton.call("GET", `/v1/tenants/acme/executions/${key}`)).body.callback as {
    status: string;
    code: string;
  } | null;
const requests = (path: string, least: number) =>
  until(async () => ((seen.get(path)?.length ?? 0) >= least ? seen.get(path)! : null));

test("what fails for a while is sent again, the same message, signed with every secret", async () => {
  answers.set("/passing", (response, before) => status(before === 0 ? 404 : 204)(response));
  await accept("/passing", { key: "v1.of.dots" });
  const [first, second] = await requests("/passing", 2);
  for (const { headers, body } of [first!, second!]) {
    for (const secret of SECRETS)
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toBeTruthy();
    expect(headers["webhook-id"]).toMatch(/^[\w-]{1,64}$/);
    expect(headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
    expect((JSON.parse(body) as { id: string }).id).toBe(headers["webhook-id"]);
  }
  await until(async () => (await callbackOf("v1.of.dots"))?.status === "delivered");
});

test("one id of two tenants is two messages", async () => {
  await accept("/both", { key: "same" });
  await accept("/both", { key: "same", tenant: "globex" });
  const [one, other] = await requests("/both", 2);
  expect(one!.headers["webhook-id"]).not.toBe(other!.headers["webhook-id"]);
});

test("a receiver that asks for patience gets it", async () => {
  const seconds = 3;
  answers.set("/later", (response, before) =>
    before === 0 ? status(429, { "retry-after": String(seconds) })(response) : status(200)(response),
  );
  await accept("/later");
  const [first, second] = await requests("/later", 2);
  // Without it the pause is a second at most. The clock of the store has whole milliseconds.
  expect(second!.at - first!.at).toBeGreaterThan(seconds * 1000 - 10);
});

test.each([
  ["/gone", status(410), "callback_410"],
  ["/rejected", status(422, { "baton-reject": "permanent" }), "callback_422_rejected"],
])("what %s answers is its last word", async (path, answer, code) => {
  answers.set(path, answer);
  await accept(path);
  await requests(path, 1);
  const state = await until(async () => {
    const found = await callbackOf(path.slice(1));
    return found?.status === "dead" ? found : null;
  });
  expect(state).toEqual({ status: "dead", attempts: 1, code });
  expect(baton.log.some((line) => line.includes("given up") && line.includes(code))).toBe(true);
});

test("a redirect is not followed", async () => {
  answers.set("/moved", status(307, { location: `${base}/elsewhere` }));
  await accept("/moved");
  await requests("/moved", 2);
  expect(seen.has("/elsewhere")).toBe(false);
  expect(await callbackOf("moved")).toMatchObject({ status: "waiting", code: "callback_307" });
});

test.each(["http://127.0.0.1:9/", "http://169.254.169.254/latest", "http://[::ffff:7f00:1]:9/", "http://localhost:9/"])(
  "an address inside the operator's network (%s) is not reached, and that is said",
  async (url) => {
    const key = `inside-${url.length}`;
    await accept("/never", { url, key });
    const state = await until(async () => {
      const found = await callbackOf(key);
      return found?.status === "dead" ? found : null;
    });
    expect(state.code).toMatch(/^callback_unreached_egress_/);
  },
);

test("one that never answers holds up no other", async () => {
  answers.set("/hangs", () => {});
  await accept("/hangs");
  await requests("/hangs", 1);
  await accept("/after-it");
  await requests("/after-it", 1);
  expect(seen.get("/hangs")).toHaveLength(1);
});

test("asked for while the execution runs, the end is sent as well", async () => {
  const asking = baton.execute("acme", "wait", chat("c", { ms: 1_500 }), { "idempotency-key": "joined" });
  await until(async () => (await baton.call("GET", "/v1/tenants/acme/executions/joined")).status === 200);
  const joined = await accept("/joined", { ms: 1_500 });
  expect([joined.status, joined.body.status]).toEqual([202, "running"]);
  const other = await accept("/mismatch", { key: "joined", ms: 1 });
  expect([other.status, other.body.code]).toEqual([409, "EXECUTION_MISMATCH"]);
  const { body } = await asking;
  const [sent] = await requests("/joined", 1);
  expect(JSON.parse(sent!.body)).toMatchObject({ data: { executionId: "joined", outcome: body.outcome } });
  expect(await callbackOf("joined")).not.toBeNull();
  expect(seen.has("/mismatch")).toBe(false);
});

test("an id that is used anew is answered to its own address", async () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-callbacks-"));
  const store = await openServiceStore(`sqlite:${join(folder, "baton.db")}`, "auto");
  try {
    const run = {
      tenant: "acme", executionId: "k", action: "a", version: 1, requestHash: "h", conversationId: null, status: "queued", owner: "n",
      request: "{}", createdAt: 1,
    } as const; // prettier-ignore
    const again = async (url: string) => store.run("beginRun", { run, callback: url });
    expect(await again("https://one.example/")).toBeNull();
    await store.run("dropRuns", { before: 10, tenant: null });
    expect(await store.run("readCallback", run)).toBeNull();
    expect(await again("https://two.example/")).toBeNull();
    await store.run("forgetRun", run);
    expect(await store.run("readCallback", run)).toBeNull();
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** What POST …/executions answers: settled outcomes, repeated keys, deadlines, cancellation, accepted requests, limits. On any store. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createReceiver } from "../../delivery/index.ts";
import { chat, startService, until, type Running } from "./harness.ts";
import { startReceiver, type ReceiverServer } from "./webhook-server.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const ECHO = `export function execute_action(c: any) { console.log("ran"); return { version: 1, args: c.args }; }`;

export function describeExecutions(store: () => string | undefined): void {
  let baton: Running;
  let receiver: ReceiverServer;

  beforeAll(async () => {
    receiver = await startReceiver();
    baton = await startService({
      ...(store() === undefined ? {} : { store: store()! }),
      private: [`127.0.0.1:${receiver.port}`],
    });
    await baton.call("PUT", "/v1/tenants/acme", {
      body: {
        limits: { wallMs: 5_000 },
        providers: { handoffs: { type: "webhook", url: receiver.url, secrets: [SECRET] } },
      },
    });
    await baton.live("acme", "echo", ECHO);
    await baton.live(
      "acme",
      "slow",
      `export async function execute_action(c: any) { await new Promise((r) => setTimeout(r, c.args.ms)); return "done"; }`,
    );
    await baton.live("acme", "fails", `export function execute_action() { throw new Error("no"); }`);
  });
  afterAll(async () => {
    await baton?.[Symbol.asyncDispose]();
    await receiver?.close();
  });

  const path = (action: string): string => `/v1/tenants/acme/actions/${action}/executions`;

  describe("a settled execution is 200, whatever the action did", () => {
    test.each([
      ["returned", "echo", chat("c1", { x: 1 })],
      ["threw", "fails", chat("c1")],
      ["timed_out", "slow", { ...chat("c1", { ms: 60_000 }), limits: { wallMs: 100 } }],
      ["invalid", "echo", { context: { conversation: { id: 7 }, args: {} } }],
    ])("%s", async (status, action, body) => {
      const reply = await baton.call("POST", path(action), { body });
      expect(reply.status).toBe(200);
      expect(reply.body).toMatchObject({ executionId: expect.any(String), version: 1, outcome: { status } });
      expect(reply.body.outcome.executionId).toBe(reply.body.executionId);
    });
  });

  describe("Idempotency-Key", () => {
    test("is the execution id, and a repeat returns the stored outcome with its version, also after live moved", async () => {
      const first = await baton.call("POST", path("echo"), {
        body: chat("c1", { n: 1 }),
        headers: { "idempotency-key": "k1" },
      });
      expect(first.body).toMatchObject({ executionId: "k1", version: 1 });
      const second = await baton.live("acme", "echo", ECHO.replace("version: 1", "version: 2"));
      const again = await baton.call("POST", path("echo"), {
        body: chat("c1", { n: 1 }),
        headers: { "idempotency-key": "k1" },
      });
      expect(again.body).toEqual(first.body);
      expect(second).toBe(2);
      const fresh = await baton.call("POST", path("echo"), {
        body: chat("c1", { n: 1 }),
        headers: { "idempotency-key": "k1-b" },
      });
      expect(fresh.body).toMatchObject({ version: 2, outcome: { returnValue: { version: 2 } } });
    });

    test("used for another request is 409 EXECUTION_MISMATCH", async () => {
      const headers = { "idempotency-key": "k2" };
      await baton.call("POST", path("echo"), { body: chat("c1", { n: 1 }), headers });
      for (const [action, body] of [
        ["echo", chat("c1", { n: 2 })],
        ["fails", chat("c1", { n: 1 })],
        ["echo", { ...chat("c1", { n: 1 }), environment: "test" }],
      ] as const) {
        const reply = await baton.call("POST", path(action), { body, headers });
        expect([reply.status, reply.body.code]).toEqual([409, "EXECUTION_MISMATCH"]);
      }
    });

    test("of many at once runs once", async () => {
      const headers = { "idempotency-key": "k3" };
      const replies = await Promise.all(
        Array.from({ length: 8 }, () => baton.call("POST", path("slow"), { body: chat("c1", { ms: 50 }), headers })),
      );
      expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    });

    test("is a tenant's own", async () => {
      await baton.call("PUT", "/v1/tenants/second", { body: {} });
      await baton.live("second", "echo", ECHO);
      const reply = await baton.execute("second", "echo", chat("other"), { "idempotency-key": "k1" });
      expect(reply.body).toMatchObject({ executionId: "k1", version: 1, outcome: { status: "returned" } });
    });
  });

  describe("Prefer: respond-async", () => {
    test("answers 202 with Location once it is stored, and its end is sent to the callback, signed like the tenant's webhooks", async () => {
      const callback = new URL("/callback", receiver.url).href;
      const reply = await baton.call("POST", path("echo"), {
        body: { ...chat("c1", { n: 9 }), callback },
        headers: { prefer: "respond-async", "idempotency-key": "a1" },
      });
      expect(reply.status).toBe(202);
      expect(reply.headers.get("location")).toBe("/v1/tenants/acme/executions/a1");
      const settled = await until(async () => {
        const found = await baton.call("GET", reply.headers.get("location")!);
        return found.body.outcome ? found : null;
      });
      expect(settled.body).toMatchObject({
        executionId: "a1",
        status: "returned",
        outcome: { returnValue: { args: { n: 9 } } },
      });
      const sent = await until(async () => receiver.requests.find(({ url }) => url === "/callback"));
      const event = JSON.parse(sent.body) as { type: string; data: object };
      expect(event).toMatchObject({
        type: "baton.execution.settled",
        data: { tenant: "acme", executionId: "a1", outcome: { status: "returned" } },
      });
      // The receiver of the library knows hand-offs alone: signed rightly, it is recognized by its body.
      const received = await createReceiver({ secrets: [SECRET] }).receive(sent.headers, sent.body);
      expect(received).toEqual({ type: "invalid", reason: "body" });
      const again = await baton.call("POST", path("echo"), {
        body: { ...chat("c1", { n: 9 }), callback },
        headers: { prefer: "respond-async", "idempotency-key": "a1" },
      });
      expect([again.status, again.body.outcome.status]).toEqual([200, "returned"]);
    });

    test("refuses a callback that nothing could sign", async () => {
      const body = { ...chat("c1"), callback: receiver.url };
      const reply = await baton.call("POST", "/v1/tenants/second/actions/echo/executions", {
        body,
        headers: { prefer: "respond-async" },
      });
      expect([reply.status, reply.body.code]).toEqual([422, "CALLBACK_UNSIGNED"]);
    });
  });

  describe("Baton-Deadline", () => {
    test("ends a run that goes past it", async () => {
      const reply = await baton.call("POST", path("slow"), {
        body: chat("c1", { ms: 30_000 }),
        headers: { "baton-deadline": "300" },
      });
      expect([reply.status, reply.body.outcome.status]).toEqual([200, "timed_out"]);
    });

    test("that has passed is 504, and nothing ran", async () => {
      const headers = { "baton-deadline": new Date(Date.now() - 1000).toISOString(), "idempotency-key": "d1" };
      const reply = await baton.call("POST", path("echo"), { body: chat("c1"), headers });
      expect([reply.status, reply.body.code]).toEqual([504, "DEADLINE_PASSED"]);
      expect((await baton.call("GET", "/v1/tenants/acme/executions/d1")).status).toBe(404);
    });

    test("that passes in the queue is 504, and the key is free", async () => {
      await baton.call("PUT", "/v1/tenants/narrow", { body: { rate: { concurrent: 1 } } });
      await baton.live(
        "narrow",
        "slow",
        `export async function execute_action(c: any) { await new Promise((r) => setTimeout(r, c.args.ms)); return 1; }`,
      );
      const long = baton.execute("narrow", "slow", chat("c1", { ms: 1_500 }));
      await until(async () => /baton_executions_running 1\b/.test((await baton.call("GET", "/metrics")).text));
      const reply = await baton.execute("narrow", "slow", chat("c1", { ms: 1 }), {
        "baton-deadline": "200",
        "idempotency-key": "d2",
      });
      expect([reply.status, reply.body.code]).toEqual([504, "DEADLINE_PASSED"]);
      expect((await long).body.outcome.returnValue).toBe(1);
      const later = await baton.execute("narrow", "slow", chat("c1", { ms: 2 }), { "idempotency-key": "d2" });
      expect(later.body.outcome.status).toBe("returned");
    });

    test.each(["soon", "-5", "2026-13-45T00:00:00Z"])("%s is no deadline: 400", async (deadline) => {
      const reply = await baton.call("POST", path("echo"), {
        body: chat("c1"),
        headers: { "baton-deadline": deadline },
      });
      expect([reply.status, reply.body.code]).toEqual([400, "REQUEST_INVALID"]);
    });
  });

  describe("cancelling", () => {
    test("ends a run that was accepted", async () => {
      await baton.call("POST", path("slow"), {
        body: chat("c1", { ms: 4_000 }),
        headers: { prefer: "respond-async", "idempotency-key": "x1" },
      });
      await until(async () => (await baton.call("GET", "/v1/tenants/acme/executions/x1")).body.status === "running");
      expect((await baton.call("POST", "/v1/tenants/acme/executions/x1/cancel")).status).toBe(202);
      const settled = await until(async () => {
        const { body } = await baton.call("GET", "/v1/tenants/acme/executions/x1");
        return body.outcome && body;
      });
      expect(settled.status).toBe("cancelled");
      expect((await baton.call("POST", "/v1/tenants/acme/executions/x1/cancel")).status).toBe(409);
      expect((await baton.call("POST", "/v1/tenants/acme/executions/never/cancel")).status).toBe(404);
    });

    test("a client that hangs up does not cancel, unless it said so", async () => {
      for (const [key, header, status] of [
        ["h1", "continue", "returned"],
        ["h2", "cancel", "cancelled"],
      ] as const) {
        const hangUp = new AbortController();
        const asking = baton.call("POST", path("slow"), {
          body: chat("c1", { ms: 1_000 }),
          headers: { "idempotency-key": key, "baton-on-disconnect": header },
          signal: hangUp.signal,
        });
        await until(async () => (await baton.call("GET", `/v1/tenants/acme/executions/${key}`)).status === 200);
        hangUp.abort();
        await expect(asking).rejects.toThrow();
        const { body } = await until(async () => {
          const found = await baton.call("GET", `/v1/tenants/acme/executions/${key}`);
          return found.body.outcome && found;
        });
        expect(body.status).toBe(status);
      }
    });
  });

  describe("limits and rates", () => {
    test("an execution's limits only lower the tenant's", async () => {
      const reply = await baton.call("POST", path("slow"), {
        body: { ...chat("c1", { ms: 20_000 }), limits: { wallMs: 60_000 } },
      });
      expect(reply.body.outcome.status).toBe("timed_out");
      expect(reply.body.outcome.usage.wallMs).toBeLessThan(20_000);
    });

    test("past the rate it is 429 with Retry-After", async () => {
      await baton.call("PUT", "/v1/tenants/rated", { body: { rate: { perSecond: 0.001 } } });
      await baton.live("rated", "echo", ECHO);
      expect((await baton.execute("rated", "echo", chat("c"))).status).toBe(200);
      const reply = await baton.execute("rated", "echo", chat("c"));
      expect([reply.status, reply.body.code]).toEqual([429, "RATE_LIMITED"]);
      expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(0);
    });
  });

  test("executions are listed by status, action and conversation, page by page", async () => {
    await baton.execute("second", "echo", chat("listed"), { "idempotency-key": "l1" });
    await baton.execute("second", "echo", chat("listed"), { "idempotency-key": "l2" });
    await baton.execute("second", "echo", chat("else"), { "idempotency-key": "l3" });
    const base = "/v1/tenants/second/executions";
    const ids = async (query: string): Promise<string[]> =>
      (await baton.call("GET", `${base}?${query}`)).body.executions.map(
        ({ executionId }: { executionId: string }) => executionId,
      );
    expect(await ids("conversation=listed")).toEqual(["l2", "l1"]);
    expect(await ids("status=threw")).toEqual([]);
    expect(await ids("action=echo&conversation=else")).toEqual(["l3"]);
    const first = await baton.call("GET", `${base}?limit=1&conversation=listed`);
    const second = await baton.call("GET", `${base}?limit=1&conversation=listed&cursor=${first.body.next as string}`);
    expect([first.body.executions[0].executionId, second.body.executions[0].executionId, second.body.next]).toEqual([
      "l2",
      "l1",
      null,
    ]);
    expect((await baton.call("GET", `${base}?cursor=nonsense`)).status).toBe(400);
  });
}

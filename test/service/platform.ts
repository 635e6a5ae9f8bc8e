/** Tenants, secrets, versions, what is live, deployments, hand-offs and their outbox, streams, usage, audit. On any store. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createReceiver } from "../../delivery/index.ts";
import { placeOf } from "../../service/executions/live.ts";
import { chat, phone, startService, until, type Running } from "./harness.ts";
import { createHmac } from "node:crypto";
import { ACCOUNT, callSid, TOKEN, startFakeTwilio, type FakeTwilio } from "../delivery/twilio-fake.ts";
import { readEvents } from "./event-stream.ts";
import { startReceiver, type ReceiverServer } from "./webhook-server.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const versioned = (version: number): string =>
  `export function execute_action(c: any) { return { version: ${version}, args: c.args }; }`;

function signedByTwilio(url: string, form: Readonly<Record<string, string>>): string {
  const text =
    url +
    Object.keys(form)
      .sort()
      .map((name) => name + form[name])
      .join("");
  return createHmac("sha1", TOKEN).update(text).digest("base64");
}

export function describePlatform(store: () => string | undefined): void {
  let baton: Running;
  let receiver: ReceiverServer;

  beforeAll(async () => {
    receiver = await startReceiver();
    const given = store();
    baton = await startService({
      ...(given === undefined ? {} : { store: given }),
      private: [`127.0.0.1:${receiver.port}`],
    });
  });
  afterAll(async () => {
    await baton?.[Symbol.asyncDispose]();
    await receiver?.close();
  });

  describe("a tenant", () => {
    test("is made, read, listed, set anew and deleted", async () => {
      const made = await baton.call("PUT", "/v1/tenants/t1", { body: { displayName: "One", rate: { concurrent: 3 } } });
      expect([made.status, made.body]).toMatchObject([
        201,
        { tenant: "t1", displayName: "One", rate: { concurrent: 3 } },
      ]);
      expect((await baton.call("PUT", "/v1/tenants/t1", { body: { displayName: "Uno" } })).status).toBe(200);
      const read = await baton.call("GET", "/v1/tenants/t1");
      expect(read.body).toMatchObject({ displayName: "Uno" });
      expect(read.body.rate).toBeUndefined();
      const listed = await baton.call("GET", "/v1/tenants");
      expect(listed.body.tenants.map(({ tenant }: { tenant: string }) => tenant)).toContain("t1");
      expect((await baton.call("DELETE", "/v1/tenants/t1")).status).toBe(204);
      expect((await baton.call("GET", "/v1/tenants/t1")).status).toBe(404);
      expect((await baton.call("DELETE", "/v1/tenants/t1")).status).toBe(404);
    });

    test.each([
      [{ displayNam: "x" }, "displayNam"],
      [{ limits: { wallMs: -1 } }, "body.limits.wallMs"],
      [{ egress: { hosts: ["a.example"], private: ["127.0.0.1:1"] } }, "private"],
      [{ providers: { handoffs: { type: "webhook", url: "ftp://x", secrets: [SECRET] } } }, "body.providers.handoffs"],
      [
        { providers: { handoffs: { type: "webhook", url: "https://x.example", secrets: ["short"] } } },
        "body.providers.handoffs",
      ],
      [
        { providers: { handoffs: { type: "webhook", url: "https://x.example", secrets: { set: true } } } },
        "body.providers.handoffs.secrets",
      ],
    ])("with %j is refused, and the key is named", async (body, named) => {
      const reply = await baton.call("PUT", "/v1/tenants/bad", { body });
      expect([reply.status, reply.body.code]).toEqual([400, "REQUEST_INVALID"]);
      expect(reply.text).toContain(named);
      expect((await baton.call("GET", "/v1/tenants/bad")).status).toBe(404);
    });

    test("reads its providers' secrets back as set, and sending that keeps them", async () => {
      const providers = { handoffs: { type: "webhook", url: receiver.url, secrets: [SECRET] } };
      await baton.call("PUT", "/v1/tenants/kept", { body: { providers } });
      const read = await baton.call("GET", "/v1/tenants/kept");
      expect(read.body.providers.handoffs.secrets).toEqual({ set: true });
      expect(read.text).not.toContain(SECRET);
      const { tenant: _name, createdAt: _at, updatedAt: _then, ...settings } = read.body as Record<string, unknown>;
      expect(
        (await baton.call("PUT", "/v1/tenants/kept", { body: { ...settings, displayName: "Again" } })).status,
      ).toBe(200);
      await baton.live(
        "kept",
        "help",
        `export function execute_action(c: any) { return hand_off_conversation(c, "kept").success; }`,
      );
      await baton.execute("kept", "help", chat("kept-1"));
      const sent = await until(async () => receiver.requests.find(({ body }) => body.includes('"kept-1"')));
      expect(await createReceiver({ secrets: [SECRET] }).receive(sent.headers, sent.body)).toMatchObject({
        type: "event",
      });
    });
  });

  describe("secrets", () => {
    test("are used by placeholder at their hosts, listed by name, and never read back", async () => {
      await baton.call("PUT", "/v1/tenants/secret", { body: { egress: { hosts: ["127.0.0.1"], http: true } } });
      const value = "the-very-secret-value";
      expect(
        (await baton.call("PUT", "/v1/tenants/secret/secrets/API_KEY", { body: { value, hosts: ["127.0.0.1"] } }))
          .status,
      ).toBe(204);
      await baton.live(
        "secret",
        "ask",
        `export async function execute_action() { const r = await fetch("${receiver.url}", { method: "POST", headers: { authorization: secrets.API_KEY } }); return r.status; }`,
      );
      const ran = await baton.execute("secret", "ask", chat("s1"));
      expect(ran.body.outcome).toMatchObject({ status: "returned", returnValue: 200 });
      expect(receiver.requests.some(({ headers }) => headers.authorization === value)).toBe(true);
      const listed = await baton.call("GET", "/v1/tenants/secret/secrets");
      expect(listed.body.secrets).toMatchObject([{ name: "API_KEY", hosts: ["127.0.0.1"] }]);
      const everything = await Promise.all(
        ["", "/secrets", "/actions", "/executions"].map((path) => baton.call("GET", `/v1/tenants/secret${path}`)),
      );
      expect([...everything, await baton.call("GET", "/v1/audit")].map(({ text }) => text).join()).not.toContain(value);
      expect(baton.log.join()).not.toContain(value);
      expect((await baton.call("DELETE", "/v1/tenants/secret/secrets/API_KEY")).status).toBe(204);
      expect((await baton.call("DELETE", "/v1/tenants/secret/secrets/API_KEY")).status).toBe(404);
    });
  });

  test.each([
    ["short", { value: "abc", hosts: ["a.example"] }],
    ["of two lines", { value: "two\nlines", hosts: ["a.example"] }],
    ["for every host", { value: "a value", hosts: ["*"] }],
  ])("a secret %s that no run would take is refused", async (_what, body) => {
    await baton.call("PUT", "/v1/tenants/refusing", { body: {} });
    expect((await baton.call("PUT", "/v1/tenants/refusing/secrets/KEY", { body })).status).toBe(400);
  });

  describe("versions", () => {
    const base = "/v1/tenants/versions/actions/a";
    beforeAll(async () => {
      await baton.call("PUT", "/v1/tenants/versions", { body: {} });
    });

    test("count up, and the same content is the same version", async () => {
      const first = await baton.call("POST", `${base}/versions`, {
        body: { source: versioned(1), note: "one", tags: ["x"] },
      });
      expect([first.status, first.body]).toMatchObject([
        201,
        { version: 1, note: "one", tags: ["x"], diagnostics: [], args: null, language: "typescript" },
      ]);
      const second = await baton.call("POST", `${base}/versions`, { body: { source: versioned(2) } });
      const again = await baton.call("POST", `${base}/versions`, { body: { source: versioned(1) } });
      expect([second.body.version, again.status, again.body.version, again.body.hash]).toEqual([
        2,
        200,
        1,
        first.body.hash,
      ]);
      const list = await baton.call("GET", `${base}/versions`);
      expect(list.body.versions.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
      expect((await baton.call("GET", `${base}/versions/1`)).body).toMatchObject({ source: versioned(1) });
      expect((await baton.call("GET", `${base}/versions/9`)).status).toBe(404);
    });

    test("that do not compile are 422 with diagnostics, and nothing is kept", async () => {
      const reply = await baton.call("POST", "/v1/tenants/versions/actions/none/versions", {
        body: { source: "export function (" },
      });
      expect([reply.status, reply.body.code]).toEqual([422, "NOT_COMPILED"]);
      expect(reply.body.diagnostics[0]).toMatchObject({ severity: "error", line: 1 });
      expect((await baton.call("GET", "/v1/tenants/versions/actions/none/versions")).status).toBe(404);
    });

    test("may have several files", async () => {
      const files = {
        "src/action.ts": `import { twice } from "./twice.ts"; export const execute_action = (c: any) => twice(c.args.n);`,
        "src/twice.ts": "export const twice = (n: number) => n * 2;",
      };
      const made = await baton.call("POST", "/v1/tenants/versions/actions/several/versions", {
        body: { files, entry: "src/action.ts" },
      });
      expect(made.status).toBe(201);
      await baton.call("PUT", "/v1/tenants/versions/actions/several/live", { body: { version: 1 } });
      expect((await baton.execute("versions", "several", chat("v", { n: 21 }))).body.outcome.returnValue).toBe(42);
    });

    test.each([
      [{}, "body"],
      [{ source: "x", files: { "a.ts": "x" } }, "body"],
      [{ files: { "../a.ts": "x" }, entry: "../a.ts" }, "body.files"],
      [{ files: { "a.ts": "x" }, entry: "b.ts" }, "body.entry"],
      [{ files: { "/etc/a.ts": "x" }, entry: "/etc/a.ts" }, "body.files"],
    ])("of %j are refused", async (body, path) => {
      const reply = await baton.call("POST", `${base}/versions`, { body });
      expect([reply.status, reply.body.errors?.[0]?.path]).toEqual([400, path]);
    });

    test("say what their arguments are, as JSON Schema, where their types do", async () => {
      const source = `/** Refunds an order. */
        export function execute_action(context: ActionContext<{ orderId: string; amount?: number }>) { return context.args.orderId; }`;
      const made = await baton.call("POST", "/v1/tenants/versions/actions/typed/versions", { body: { source } });
      expect(made.body.args).toMatchObject({
        type: "object",
        properties: { orderId: { type: "string" } },
        required: ["orderId"],
      });
      await baton.call("PUT", "/v1/tenants/versions/actions/typed/live", { body: { version: 1 } });
      const { body } = await baton.call("GET", "/v1/tenants/versions/tools?format=anthropic");
      const tool = body.tools.find(({ name }: { name: string }) => name === "typed");
      expect(tool).toMatchObject({ description: "Refunds an order.", input_schema: { required: ["orderId"] } });
    });

    test("whose types would take for ever have none, and are kept", async () => {
      const deep = `{ a: `.repeat(60_000) + "string" + " }".repeat(60_000);
      const source = `export function execute_action(context: ActionContext<${deep}>) { return 1; }`;
      const made = await baton.call("POST", "/v1/tenants/versions/actions/deep/versions", { body: { source } });
      expect([201, 422]).toContain(made.status);
      if (made.status === 201) expect(made.body.args).toBeNull();
      expect((await baton.call("GET", "/readyz")).status).toBe(200);
    });

    test("of packages that the operator does not offer are refused", async () => {
      const reply = await baton.call("POST", `${base}/versions`, {
        body: { source: versioned(7), packages: ["left-pad"] },
      });
      expect([reply.status, reply.body.code]).toEqual([422, "PACKAGE_UNAVAILABLE"]);
    });
  });

  describe("what is live", () => {
    const base = "/v1/tenants/live/actions/a";
    beforeAll(async () => {
      await baton.call("PUT", "/v1/tenants/live", { body: {} });
      for (const version of [1, 2, 3])
        await baton.call("POST", `${base}/versions`, { body: { source: versioned(version) } });
    });

    test("is nothing until it is said", async () => {
      const reply = await baton.execute("live", "a", chat("c"));
      expect([reply.status, reply.body.code]).toEqual([404, "ACTION_NOT_LIVE"]);
      expect((await baton.execute("live", "a", { ...chat("c"), version: 2 })).body.outcome.returnValue.version).toBe(2);
    });

    test("changes under If-Match, and a stale one is 412", async () => {
      const first = await baton.call("PUT", `${base}/live`, { body: { version: 1 } });
      const etag = first.headers.get("etag")!;
      expect((await baton.call("GET", `${base}/live`)).headers.get("etag")).toBe(etag);
      const second = await baton.call("PUT", `${base}/live`, { body: { version: 2 }, headers: { "if-match": etag } });
      expect(second.status).toBe(200);
      const stale = await baton.call("PUT", `${base}/live`, { body: { version: 1 }, headers: { "if-match": etag } });
      expect([stale.status, stale.body.code]).toEqual([412, "IF_MATCH_STALE"]);
      expect((await baton.call("GET", `${base}/live`)).body.version).toBe(2);
      expect((await baton.call("PUT", `${base}/live`, { body: { version: 99 } })).status).toBe(422);
      const history = await baton.call("GET", `${base}/deployments`);
      expect(history.body.deployments.map(({ split }: { split: object[] }) => split)).toEqual([
        [{ version: 2, percent: 100 }],
        [{ version: 1, percent: 100 }],
      ]);
    });

    test("may be split, and a conversation keeps its version", async () => {
      const split = [
        { version: 1, percent: 70 },
        { version: 3, percent: 30 },
      ];
      expect((await baton.call("PUT", `${base}/live`, { body: { split: [{ version: 1, percent: 50 }] } })).status).toBe(
        400,
      );
      expect((await baton.call("PUT", `${base}/live`, { body: { split } })).status).toBe(200);
      for (const id of Array.from({ length: 12 }, (_, at) => `conversation-${at}`)) {
        const expected = placeOf("live", "a", id) < 70 ? 1 : 3;
        const replies = [
          await baton.execute("live", "a", chat(id)),
          await baton.execute("live", "a", chat(id, { again: true })),
        ];
        expect(replies.map(({ body }) => [body.version, body.outcome.returnValue.version])).toEqual([
          [expected, expected],
          [expected, expected],
        ]);
      }
    });
  });

  describe("a deployment", () => {
    beforeAll(async () => {
      await baton.call("PUT", "/v1/tenants/deploys", { body: { displayName: "Before" } });
    });
    const path = "/v1/tenants/deploys/deployments";

    test("changes code, secrets and policy together", async () => {
      const body = {
        actions: { one: { source: versioned(1) }, two: { source: versioned(2), live: true } },
        secrets: { KEY: { value: "value", hosts: ["a.example"] } },
        egress: { hosts: ["a.example"] },
      };
      const reply = await baton.call("POST", path, { body });
      expect([reply.status, reply.body.actions]).toMatchObject([
        200,
        { one: { version: 1, deployment: 1 }, two: { version: 1 } },
      ]);
      expect((await baton.call("GET", "/v1/tenants/deploys")).body).toMatchObject({
        displayName: "Before",
        egress: { hosts: ["a.example"] },
      });
      expect((await baton.execute("deploys", "one", chat("d"))).body.outcome.returnValue.version).toBe(1);
    });

    test.each([
      [
        "that does not compile",
        { actions: { one: { source: versioned(5) }, bad: { source: "export (" } } },
        422,
        "NOT_COMPILED",
      ],
      [
        "of a version that is not there",
        { actions: { one: { source: versioned(6) }, two: { version: 77 } } },
        422,
        "VERSION_UNKNOWN",
      ],
      [
        "with settings that are none",
        { actions: { one: { source: versioned(7) } }, egress: { hosts: 7 } },
        400,
        "REQUEST_INVALID",
      ],
      ["that sets limits", { limits: { wallMs: 100 } }, 400, "REQUEST_INVALID"],
    ])("%s changes nothing", async (_what, body, status, code) => {
      const before = await baton.call("GET", "/v1/tenants/deploys/actions");
      const reply = await baton.call("POST", path, {
        body: { ...body, secrets: { OTHER: { value: "another", hosts: ["a.example"] } } },
      });
      expect([reply.status, reply.body.code]).toEqual([status, code]);
      expect((await baton.call("GET", "/v1/tenants/deploys/actions")).body).toEqual(before.body);
      expect((await baton.call("GET", "/v1/tenants/deploys/secrets")).body.secrets).toHaveLength(1);
    });

    test("makes a canary of what it brings", async () => {
      const live = {
        split: [
          { version: 1, percent: 90 },
          { version: "new", percent: 10 },
        ],
      };
      const reply = await baton.call("POST", path, { body: { actions: { one: { source: versioned(9), live } } } });
      const version = reply.body.actions.one.version as number;
      expect((await baton.call("GET", "/v1/tenants/deploys/actions/one/live")).body.split).toEqual([
        { version: 1, percent: 90 },
        { version, percent: 10 },
      ]);
    });
  });

  describe("a hand-off", () => {
    test("is delivered, known to its conversation, handed back and erased", async () => {
      await baton.call("PUT", "/v1/tenants/handoffs", {
        body: { providers: { handoffs: { type: "webhook", url: receiver.url, secrets: [SECRET] } } },
      });
      await baton.live(
        "handoffs",
        "help",
        `export function execute_action(c: any) { return hand_off_conversation(c, "the reason").success; }`,
      );
      const ran = await baton.execute("handoffs", "help", chat("h1"), { "idempotency-key": "he1" });
      expect(ran.body.outcome).toMatchObject({ handoff: { kind: "handoff" }, bot: { mayReplyLater: false } });
      const where = "/v1/tenants/handoffs/conversations/h1";
      expect((await baton.call("GET", where)).body).toMatchObject({
        state: "handed_off",
        canReply: false,
        epoch: 0,
        handoff: { reason: "the reason" },
      });
      await until(
        async () => (await baton.call("GET", "/v1/tenants/handoffs/outbox?status=delivered")).body.entries.length === 1,
      );
      expect((await baton.call("POST", `${where}/hand-back`)).body).toMatchObject({
        state: "bot",
        canReply: true,
        epoch: 1,
      });
      expect((await baton.call("DELETE", where)).status).toBe(204);
      expect((await baton.call("GET", "/v1/tenants/handoffs/executions/he1")).text).not.toContain("the reason");
      const again = await baton.execute("handoffs", "help", chat("h1"), { "idempotency-key": "he1" });
      expect(again.text).not.toContain("the reason");
    });

    test("that its desk refuses is a dead letter, and is retried", async () => {
      receiver.status = 410;
      await baton.execute("handoffs", "help", chat("h2"));
      const dead = await until(
        async () => (await baton.call("GET", "/v1/tenants/handoffs/outbox?status=dead")).body.entries[0],
      );
      expect(dead).toMatchObject({ conversationId: "h2", status: "dead" });
      expect((await baton.call("GET", "/v1/outbox?status=dead")).body.entries.length).toBeGreaterThan(0);
      receiver.status = 200;
      const other = await baton.call("POST", `/v1/tenants/kept/outbox/${dead.intentId as string}/retry`);
      expect(other.status).toBe(404);
      expect((await baton.call("POST", "/v1/tenants/handoffs/outbox/retry", { body: {} })).body).toEqual({
        retried: 1,
      });
      await until(
        async () =>
          (await baton.call("GET", "/v1/tenants/handoffs/outbox?conversation=h2")).body.entries[0].status ===
          "delivered",
      );
      expect((await baton.call("POST", `/v1/tenants/handoffs/outbox/${dead.intentId as string}/retry`)).status).toBe(
        409,
      );
    });

    test("of a tenant without a desk waits for one", async () => {
      await baton.call("PUT", "/v1/tenants/deskless", { body: {} });
      await baton.live(
        "deskless",
        "help",
        `export function execute_action(c: any) { return hand_off_conversation(c).success; }`,
      );
      await baton.execute("deskless", "help", chat("w1"));
      await until(
        async () => (await baton.call("GET", "/v1/tenants/deskless/outbox")).body.entries[0]?.code === "no_provider",
      );
      await baton.call("PUT", "/v1/tenants/deskless", {
        body: { providers: { handoffs: { type: "webhook", url: receiver.url, secrets: [SECRET] } } },
      });
      await until(
        async () => (await baton.call("GET", "/v1/tenants/deskless/outbox")).body.entries[0].status === "delivered",
      );
    });
  });

  describe("a phone transfer", () => {
    let twilio: FakeTwilio;
    beforeAll(async () => {
      twilio = await startFakeTwilio();
    });
    afterAll(() => twilio.close());

    test("goes through the tenant's own account, and what became of it is taken by Twilio's signature alone", async () => {
      const accountSid = ACCOUNT;
      await using own = await startService({ private: [new URL(twilio.url).host], publicUrl: "https://baton.example" });
      const providers = {
        transfers: { type: "twilio", accountSid, authToken: TOKEN, callerId: "+15550001111", apiBase: twilio.url },
      };
      expect((await own.call("PUT", "/v1/tenants/phones", { body: { providers } })).status).toBe(201);
      await own.live(
        "phones",
        "move",
        `export function execute_action(c: any) { hand_off_conversation(c, "why", "+15551234567"); return "never seen"; }`,
      );
      const sid = callSid("0");
      twilio.calls.set(sid, { status: "in-progress", twiml: [], children: [] });
      const ran = await own.execute("phones", "move", phone("p1"));
      expect(ran.body.outcome).toMatchObject({
        returnValueDiscarded: true,
        handoff: { kind: "phone_transfer", state: "fired" },
        bot: { mayReplyNow: false },
      });
      expect(ran.text).not.toContain("never seen");
      const [twiml = ""] = twilio.calls.get(sid)!.twiml;
      expect(twilio.updates).toBe(1);
      expect(twiml).toContain("+15551234567");
      expect(twiml).toContain("https://baton.example/v1/callbacks/twilio/phones?intent=");
      const intent = ran.body.outcome.handoff.intentId as string;
      const callback = `/v1/callbacks/twilio/phones?intent=${intent}`;
      const form = { DialCallStatus: "busy", CallSid: sid };
      const post = (signature: string) =>
        own.call("POST", callback, {
          key: null,
          body: new URLSearchParams(form).toString(),
          headers: { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature },
        });
      expect((await post("bm90IGl0")).status).toBe(403);
      const answered = await post(signedByTwilio(`https://baton.example${callback}`, form));
      expect([answered.status, answered.text]).toEqual([200, expect.stringContaining("<Response/>")]);
      const where = await own.call("GET", "/v1/tenants/phones/conversations/p1");
      expect(where.body.state).toBe("transfer_failed");
      const result = await own.call("POST", `/v1/transfers/${intent}/result`, { body: { result: "answered" } });
      expect(result.status).toBe(200);
    });
  });

  describe("events", () => {
    test("follow what happens, and a listener that comes back misses nothing", async () => {
      await baton.call("PUT", "/v1/tenants/events", { body: {} });
      await baton.live(
        "events",
        "help",
        `export function execute_action(c: any) { return hand_off_conversation(c).success; }`,
      );
      const stream = await readEvents(new URL("/v1/tenants/events/events", baton.url), {
        authorization: "Bearer an-admin-key-of-the-tests",
      });
      await baton.execute("events", "help", chat("e1"));
      const [seen] = await stream.take(1);
      expect(seen).toMatchObject({ event: "handed_off", data: { conversationId: "e1", tenant: "events" } });
      stream.close();
      await baton.execute("kept", "help", chat("not-for-this-tenant"));
      for (const id of ["e2", "e3"]) await baton.execute("events", "help", chat(id));
      const again = await readEvents(new URL("/v1/tenants/events/events", baton.url), {
        authorization: "Bearer an-admin-key-of-the-tests",
        "last-event-id": seen!.id,
      });
      const missed = await again.take(2);
      expect(missed.map(({ data }) => data["conversationId"])).toEqual(["e2", "e3"]);
      again.close();
    });

    test("logs follow an action's lines", async () => {
      await baton.call("PUT", "/v1/tenants/logs", { body: {} });
      await baton.live(
        "logs",
        "talk",
        `export function execute_action(c: any) { console.warn("line", c.args.n); return 1; }`,
      );
      await baton.execute("logs", "talk", chat("l", { n: 1 }));
      const url = new URL("/v1/tenants/logs/actions/talk/logs?since=2020-01-01T00:00:00Z", baton.url);
      const stream = await readEvents(url, { authorization: "Bearer an-admin-key-of-the-tests" });
      const [line, end] = await stream.take(2);
      expect(line).toMatchObject({ event: "log", data: { level: "warn", message: expect.stringContaining("line") } });
      expect(end).toMatchObject({ event: "end", data: { status: "returned" } });
      await baton.execute("logs", "talk", chat("l", { n: 2 }));
      expect((await stream.take(1))[0]).toMatchObject({
        event: "log",
        data: { message: expect.stringContaining("2") },
      });
      stream.close();
    });
  });

  test("usage is visible within a second of a run's end", async () => {
    await baton.call("PUT", "/v1/tenants/usage", { body: {} });
    await baton.live("usage", "a", versioned(1));
    for (const id of ["u1", "u2"]) await baton.execute("usage", "a", chat(id));
    for (const by of ["minute", "hour", "day"]) {
      const { body } = await baton.call("GET", `/v1/tenants/usage/usage?by=${by}`);
      expect(body).toMatchObject({ by, total: { runs: 2, handoffs: 0 } });
      expect(body.total.wallMs).toBeGreaterThan(0);
    }
  });

  test("the audit chain says who changed what, and its hashes fit", async () => {
    const made = await baton.call("POST", "/v1/keys", { body: { scopes: ["admin"] } });
    await baton.call("PUT", "/v1/tenants/audited", { body: { displayName: "x" }, key: made.body.key as string });
    const { body } = await baton.call("GET", "/v1/audit?tenant=audited");
    expect(body.entries[0]).toMatchObject({ actor: made.body.id, action: "tenant.put", subject: "audited" });
    const all = await baton.call("GET", "/v1/audit?limit=1000");
    expect(all.body.intact).toBe(true);
    expect(all.text).not.toContain(made.body.key);
  });

  test("a key is rotated with overlap, and expires when that is over", async () => {
    const made = await baton.call("POST", "/v1/keys", { body: { scopes: ["read"], tenant: "usage" } });
    const rotated = await baton.call("POST", `/v1/keys/${made.body.id as string}/rotate`, {
      body: { overlapSeconds: 3600 },
    });
    for (const key of [made.body.key, rotated.body.key] as string[])
      expect((await baton.call("GET", "/v1/tenants/usage", { key })).status).toBe(200);
    await baton.call("POST", `/v1/keys/${rotated.body.id as string}/rotate`, { body: { overlapSeconds: 0 } });
    expect((await baton.call("GET", "/v1/tenants/usage", { key: rotated.body.key as string })).body.code).toBe(
      "KEY_EXPIRED",
    );
  });
}

/** What callers send that no client of ours would: each ends in the answer that its page promises, on either store alike, and nothing is left behind. */
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ADMIN, chat, startService, until, type Reply, type Running } from "./harness.ts";

const ECHO = `export function execute_action(c: any) { return c.args; }`;
const cursorOf = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString("base64url");

export function describeHostile(store: () => string | undefined): void {
  let baton: Running;
  beforeAll(async () => {
    baton = await startService(store() === undefined ? {} : { store: store()! });
    await baton.call("PUT", "/v1/tenants/acme", { body: {} });
    await baton.live("acme", "echo", ECHO);
  });
  afterAll(async () => {
    await baton?.[Symbol.asyncDispose]();
  });
  const call = (method: string, path: string, ask: Parameters<Running["call"]>[2] = {}): Promise<Reply> =>
    baton.call(method, path, ask);
  const version = (source: string): Promise<Reply> =>
    call("POST", "/v1/tenants/acme/actions/echo/versions", { body: { source } });
  const codes = ({ status, body }: Reply): [number, unknown] => [status, body.code];

  /** One request as bytes, for what clients would set right before they send it. */
  function raw(target: string, more = ""): Promise<string> {
    const { hostname, port } = new URL(baton.url);
    return new Promise((resolve, reject) => {
      let text = "";
      const socket = connect(Number(port), hostname, () =>
        socket.write(
          `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${ADMIN}\r\n${more}\r\n`,
        ),
      );
      socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      socket.on("close", () => resolve(text)).on("error", reject);
    });
  }

  describe("a path that is none", () => {
    test.each([
      ["an address that cannot be read", "//[", 404],
      ["another host's", "http://[::1/v1", 400],
      ["a tenant with a null character", "/v1/tenants/%00", 404],
      ["a tenant of a path's signs", "/v1/tenants/..%2f..%2fetc", 404],
      ["a tenant in another script", "/v1/tenants/%D0%B0cme", 404],
      ["a tenant of 2,900 characters", `/v1/tenants/${"a".repeat(2_900)}`, 404],
      ["a name in broken UTF-8", "/v1/tenants/%ED%A0%80", 400],
      ["a method that is asked of nothing", "/v1/tenants/acme/actions/echo/executions", 405],
    ])("%s", async (_, target, status) => {
      const answer = await raw(target);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(answer).toMatch(/content-type: application\/problem\+json/i);
    });
  });

  describe("a body", () => {
    test.each([
      "application/x-www-form-urlencoded",
      "text/plain",
      "application/xml",
      "multipart/form-data; boundary=x",
    ])("as %s is 415 where JSON is wanted", async (type) => {
      const reply = await call("PUT", "/v1/tenants/forms", { body: "{}", headers: { "content-type": type } });
      expect(codes(reply)).toEqual([415, "MEDIA_TYPE"]);
      expect((await call("GET", "/v1/tenants/forms")).status).toBe(404);
    });

    test.each([
      ["in another charset", { "content-type": "application/json; charset=iso-8859-1" }, 415],
      ["in UTF-16, by its word", { "content-type": 'application/json; charset="utf-16le"' }, 415],
      ["that is compressed", { "content-encoding": "gzip" }, 415],
      [
        "in UTF-8 by its word",
        { "content-type": 'application/json;charset="UTF-8"', "content-encoding": "identity" },
        200,
      ],
    ])("%s", async (_, headers, status) => {
      expect((await baton.execute("acme", "echo", chat("t"), headers)).status).toBe(status);
    });

    test.each([
      ["a byte of Latin-1", [0xe9]],
      ["half a character at its end", [0x22, 0x7d, 0x7d, 0x7d, 0xc3]],
      ["a surrogate", [0xed, 0xa0, 0x80]],
    ])("with %s is not UTF-8, and nothing is read into it", async (_, bytes) => {
      const body = Buffer.concat([Buffer.from('{"context":{"args":{"say":"'), Buffer.from(bytes), Buffer.from('"}}}')]);
      const response = await fetch(new URL("/v1/tenants/acme/actions/echo/executions", baton.url), {
        method: "POST",
        headers: { authorization: `Bearer ${ADMIN}`, "content-type": "application/json" },
        body,
      });
      expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
        400,
        "The request is not valid: its body is not UTF-8.",
      ]);
    });

    test("whose characters come in pieces is read whole", async () => {
      const said = "Grüße, 你好, 🙂 and \ufffd";
      const text = Buffer.from(JSON.stringify(chat("u", { said })));
      const pieces = new ReadableStream({
        async start(stream) {
          for (const byte of text) {
            stream.enqueue(Uint8Array.of(byte));
            if (byte > 0x7f) await new Promise((resolve) => setImmediate(resolve));
          }
          stream.close();
        },
      });
      const response = await fetch(new URL("/v1/tenants/acme/actions/echo/executions", baton.url), {
        method: "POST",
        headers: { authorization: `Bearer ${ADMIN}`, "content-type": "application/json" },
        body: pieces,
        duplex: "half",
      } as RequestInit);
      const { outcome } = (await response.json()) as { outcome: { returnValue: unknown } };
      expect(outcome.returnValue).toEqual({ said });
    });

    test("that is not there is none, whatever its type says", async () => {
      for (const type of ["application/json", "application/x-www-form-urlencoded"]) {
        const headers = { "content-type": type };
        const back = await call("POST", "/v1/tenants/acme/conversations/c1/hand-back", { headers });
        expect([type, back.status]).toEqual([type, 200]);
        expect((await call("POST", "/v1/tenants/acme/outbox/retry", { headers })).body).toEqual({ retried: 0 });
        expect((await call("DELETE", "/v1/tenants/acme/conversations/c1", { headers })).status).toBe(204);
      }
      expect((await call("POST", "/v1/tenants/acme/outbox/retry")).body).toEqual({ retried: 0 });
      const { body: made } = await call("POST", "/v1/keys", { body: { scopes: ["read"], tenant: "acme" } });
      expect((await call("POST", `/v1/keys/${made.id as string}/rotate`)).status).toBe(201);
      expect(codes(await call("POST", "/v1/keys", { headers: { "content-type": "application/json" } }))).toEqual([
        400,
        "REQUEST_INVALID",
      ]);
    });

    test.each([
      ["null", "null"],
      ["a list", "[]"],
      ["a text", '"x"'],
      ["a number", "7"],
      ["cut off", '{"context":'],
      ["a key that is none", '{"context":{"args":{}},"contxt":1}'],
      ["no context", "{}"],
      ["a version that is none", '{"context":{"args":{}},"version":"1"}'],
      ["version 0", '{"context":{"args":{}},"version":0}'],
      ["a limit that is none", '{"context":{"args":{}},"limits":{"wallMs":-1}}'],
      ["a limit of another name", '{"context":{"args":{}},"limits":{"wallSeconds":1}}'],
      ["an environment of its own", '{"context":{"args":{}},"environment":"staging"}'],
      ["a record that is a word", '{"context":{"args":{}},"record":"yes"}'],
      ["a callback that nothing waits for", '{"context":{"args":{}},"callback":"https://a.example/"}'],
      ["a callback that is a file", '{"context":{"args":{}},"callback":"file:///etc/passwd"}'],
    ])("of an execution that is %s is 400", async (_, body) => {
      const reply = await call("POST", "/v1/tenants/acme/actions/echo/executions", { body });
      expect(codes(reply)).toEqual([400, "REQUEST_INVALID"]);
    });

    test("may have a context with names of any kind, and nothing is made of them", async () => {
      const text = '{"context":{"args":{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}},"\\u0000":"\\ud800"}}}';
      const reply = await call("POST", "/v1/tenants/acme/actions/echo/executions", { body: text });
      expect(reply.status).toBe(200);
      expect(({} as { x?: unknown }).x).toBeUndefined();
    });
  });

  describe("what is live", () => {
    const path = "/v1/tenants/acme/actions/echo/live";
    const put = (body: unknown, headers = {}): Promise<Reply> => call("PUT", path, { body, headers });

    beforeAll(async () => {
      for (const n of [2, 3]) await version(`${ECHO} // ${n}`);
    });

    test.each([
      ["99 in all", [1, 49, 2, 50]],
      ["101 in all", [1, 51, 2, 50]],
      ["less than nothing", [1, -1, 2, 101]],
      ["a version twice", [1, 50, 1, 50]],
      ["nothing at all", []],
    ])("is no split of %s", async (_, flat) => {
      const split = [];
      for (let at = 0; at < flat.length; at += 2) split.push({ version: flat[at], percent: flat[at + 1] });
      expect(codes(await put({ split }))).toEqual([400, "REQUEST_INVALID"]);
    });

    test.each([
      [{ version: 1, split: [] }],
      [{ version: 1.5 }],
      [{ version: "1" }],
      [{}],
      [[]],
      [{ split: { version: 1 } }],
    ])("is not %j", async (body) => {
      expect(codes(await put(body))).toEqual([400, "REQUEST_INVALID"]);
    });

    test("may be nothing of a version, and thirds", async () => {
      const of = (...percents: number[]) => ({ split: percents.map((percent, at) => ({ version: at + 1, percent })) });
      expect((await put(of(0, 100))).status).toBe(200);
      const ran = await baton.execute("acme", "echo", chat("any"));
      expect(ran.body.version).toBe(2);
      expect((await put(of(33.3333, 33.3333, 33.3334))).status).toBe(200);
      expect((await put({ split: [{ version: 77, percent: 100 }] })).body.code).toBe("VERSION_UNKNOWN");
    });

    test("sticks to conversations by the formula of its page", async () => {
      const split = [
        { version: 3, percent: 12.5 },
        { version: 1, percent: 50 },
        { version: 2, percent: 37.5 },
      ];
      expect((await put({ split })).status).toBe(200);
      const seen = new Set<number>();
      for (let at = 0; at < 12; at += 1) {
        // Where there is no conversation, the execution's id decides.
        const id = `stick-é-${at}`;
        const key = `stick-${at}`;
        const body = at % 2 === 0 ? chat(id) : { context: { args: {} } };
        const digest = createHash("sha256").update(JSON.stringify(["acme", "echo", at % 2 === 0 ? id : key]));
        const place = (Number.parseInt(digest.digest("hex").slice(0, 12), 16) / 2 ** 48) * 100;
        const expected = place < 12.5 ? 3 : place < 62.5 ? 1 : 2;
        const reply = await baton.execute("acme", "echo", body, { "idempotency-key": key });
        expect([place, reply.body.version]).toEqual([place, expected]);
        seen.add(expected);
      }
      expect(seen.size).toBeGreaterThan(1);
    });

    test("is replaced only where it is what was seen", async () => {
      const { headers } = await call("GET", path);
      const tag = headers.get("etag")!;
      const next = (): Promise<Reply> => put({ version: 1 }, { "if-match": tag });
      for (const stale of ['"0"', '"999"', '"abc"', 'W/"999"', '"998", "999"', '""'])
        expect([stale, ...codes(await put({ version: 1 }, { "if-match": stale }))]).toEqual([
          stale,
          412,
          "IF_MATCH_STALE",
        ]);
      for (const none of ["abc", '"', '"1" "2"', "*, 1"])
        expect([none, ...codes(await put({ version: 1 }, { "if-match": none }))]).toEqual([
          none,
          400,
          "REQUEST_INVALID",
        ]);
      expect((await next()).status).toBe(200);
      expect((await next()).status).toBe(412);
      const now = (await call("GET", path)).headers.get("etag")!;
      expect((await put({ version: 2 }, { "if-match": `"999", W/${now}` })).status).toBe(200);
      expect((await put({ version: 2 }, { "if-match": "*" })).status).toBe(200);
      // Of what was never live there is none to match.
      await call("POST", "/v1/tenants/acme/actions/unborn/versions", { body: { source: ECHO } });
      const unborn = "/v1/tenants/acme/actions/unborn/live";
      expect((await call("PUT", unborn, { body: { version: 1 }, headers: { "if-match": "*" } })).status).toBe(412);
      expect((await call("PUT", unborn, { body: { version: 1 }, headers: { "if-match": '"0"' } })).status).toBe(200);
    });

    test("of a deployment names a version once, also where the new one is an old one", async () => {
      const deploy = (live: unknown): Promise<Reply> =>
        call("POST", "/v1/tenants/acme/deployments", { body: { actions: { unborn: { source: ECHO, live } } } });
      const of = (...versions: unknown[]) => ({ split: versions.map((one) => ({ version: one, percent: 50 })) });
      expect(codes(await deploy(of("new", "new")))).toEqual([400, "REQUEST_INVALID"]);
      expect(codes(await deploy(of(1, 1)))).toEqual([400, "REQUEST_INVALID"]);
      expect((await deploy(of(1, "new"))).status).toBe(200);
      expect((await call("GET", "/v1/tenants/acme/actions/unborn/live")).body).toMatchObject({
        version: 1,
        split: [{ version: 1, percent: 100 }],
      });
    });
  });

  describe("an Idempotency-Key", () => {
    test.each(['""', ".", "..", "a".repeat(201), "tab\there", '" a"', '"a "'])("is not %j", async (key) => {
      const reply = await baton.execute("acme", "echo", chat("k"), { "idempotency-key": key });
      expect(codes(reply)).toEqual([400, "REQUEST_INVALID"]);
    });

    test.each(["a/b", "%2f", "a b", "?x=1#y", "'; drop table baton_runs; --", '"quoted"', "a".repeat(200)])(
      "may be %j, and its execution is found under it",
      async (key) => {
        const reply = await baton.execute("acme", "echo", chat("k"), { "idempotency-key": key });
        const id = key.replaceAll('"', "");
        expect([reply.status, reply.body.executionId]).toEqual([200, id]);
        const found = await call("GET", `/v1/tenants/acme/executions/${encodeURIComponent(id)}`);
        expect(found.body).toMatchObject({ executionId: id, status: "returned" });
      },
    );
  });

  describe("a Baton-Deadline", () => {
    test.each(["-1", "1.5", "1e3", "0x10", "soon", "2999-01-01", "2999-01-01T00:00:00", "2026-13-01T00:00:00Z", "NaN"])(
      "is not %s",
      async (deadline) => {
        expect(codes(await baton.execute("acme", "echo", chat("d"), { "baton-deadline": deadline }))).toEqual([
          400,
          "REQUEST_INVALID",
        ]);
      },
    );
    test.each(["60000", " 60000 ", "999999999999999", "2999-01-01T00:00:00Z", "2999-01-01T00:00:00.123+02:00"])(
      "may be %j",
      async (deadline) => {
        expect((await baton.execute("acme", "echo", chat("d"), { "baton-deadline": deadline })).status).toBe(200);
      },
    );
    test.each(["0", "2020-01-01T00:00:00Z"])("that has passed (%s) is 504", async (deadline) => {
      const reply = await baton.execute("acme", "echo", chat("d"), { "baton-deadline": deadline });
      expect(codes(reply)).toEqual([504, "DEADLINE_PASSED"]);
    });
  });

  describe("a cursor", () => {
    const LISTS = [
      ["/v1/keys", ["a"]],
      ["/v1/tenants", ["a"]],
      ["/v1/audit", [5]],
      ["/v1/tenants/acme/actions/echo/versions", [2]],
      ["/v1/tenants/acme/executions", [5, "x"]],
      ["/v1/outbox", ["5:x"]],
      ["/v1/tenants/acme/outbox", ["5:x"]],
    ] as const;
    test.each(LISTS)("of %s that was tampered with is 400", async (path, right) => {
      expect((await call("GET", `${path}?cursor=${cursorOf(right)}`)).status).toBe(200);
      const wrong = [
        "x",
        "%00",
        cursorOf(null),
        cursorOf([]),
        cursorOf([...right, 1]),
        cursorOf(right.map((part) => (typeof part === "string" ? 1 : "1"))),
        cursorOf(right.map((part) => (typeof part === "string" ? "\0" : 1.5))),
        cursorOf(right.map(() => null)),
        cursorOf(right.map(() => ({}))),
        ...(path.endsWith("outbox") ? [cursorOf(["no cursor"]), cursorOf([""])] : []),
      ];
      for (const cursor of wrong)
        expect([cursor, (await call("GET", `${path}?cursor=${cursor}`)).status]).toEqual([cursor, 400]);
    });
  });

  describe("a stream", () => {
    test.each(["/v1/events", "/v1/tenants/acme/events", "/v1/tenants/acme/actions/echo/logs?follow=false"])(
      "%s does not go on from what it never said",
      async (path) => {
        for (const id of ["x", "-1", "1;drop"]) {
          const reply = await call("GET", path, { headers: { "last-event-id": id } });
          expect(codes(reply)).toEqual([400, "REQUEST_INVALID"]);
        }
      },
    );
    test.each(["/v1/events", "/v1/tenants/acme/events", "/v1/tenants/acme/actions/echo/logs?follow=false"])(
      "%s does not wait for an id that is ahead of the store",
      async (path) => {
        for (const id of ["999999999", "999999999999999"]) {
          const reply = await call("GET", path, { headers: { "last-event-id": id } });
          expect(codes(reply)).toEqual([400, "CURSOR_INVALID"]);
          expect(reply.body.detail).toContain("last-event-id");
        }
      },
    );
    test("of an action that is not there is 404", async () => {
      expect(codes(await call("GET", "/v1/tenants/acme/actions/ecco/logs"))).toEqual([404, "NOT_FOUND"]);
    });
  });

  test("Prefer is a list, and what stands in quotes in it is no preference", async () => {
    const status = async (prefer: string) => (await baton.execute("acme", "echo", chat("p"), { prefer })).status;
    for (const prefer of ["respond-async", "wait=10, Respond-Async", 'respond-async=""', "respond-async;x=1, wait=1"])
      expect({ prefer, status: await status(prefer) }).toEqual({ prefer, status: 202 });
    for (const prefer of [
      'a="x, respond-async, y"',
      "respond-asyncx",
      "return=minimal; respond-async",
      'respond-async="no"',
      '"',
    ])
      expect({ prefer, status: await status(prefer) }).toEqual({ prefer, status: 200 });
  });

  describe("a parameter that the path does not have", () => {
    test.each([
      ["/v1/tenants/acme/executions?statsu=returned", "statsu", "status"],
      ["/v1/tenants/acme/outbox?state=dead", "state", "status"],
      ["/v1/tenants/acme/outbox?tenant=globex", "tenant", "conversation"],
      ["/v1/audit?tenat=acme", "tenat", "tenant"],
      ["/v1/tenants/acme/events?lastEventId=5", "lastEventId", "no parameters"],
      ["/v1/tenants?__proto__=1", "__proto__", "limit"],
      ["/v1/nodes?x", "x", "no parameters"],
    ])("%s is 400, and the answer says what there is", async (path, name, there) => {
      const reply = await call("GET", path);
      expect(codes(reply)).toEqual([400, "REQUEST_INVALID"]);
      expect(reply.body.detail).toMatch(/^The request is not valid: query: /);
      expect(reply.body.detail).toContain(`there is no "${name}"; `);
      expect(reply.body.detail).toContain(there);
    });
    test("changes nothing where something would be done", async () => {
      const made = await call("PUT", "/v1/tenants/queried?dry=true", { body: {} });
      expect([codes(made), (await call("GET", "/v1/tenants/queried")).status]).toEqual([[400, "REQUEST_INVALID"], 404]);
      const { status } = await call("POST", "/v1/tenants/acme/actions/echo/executions?async=1", { body: chat("q") });
      expect(status).toBe(400);
    });
    test("is a prober's own affair where no key is asked for", async () => {
      for (const path of ["/livez?probe=1", "/readyz?t=2", "/metrics?name[]=x"])
        expect((await call("GET", path, { key: null })).status).toBe(200);
    });
    test("is refused as well where one is given twice", async () => {
      expect((await call("GET", "/v1/tenants/acme/executions?status=open&status=failed")).status).toBe(400);
    });
  });

  test.each([
    ["idempotency-key: one\r\nIdempotency-Key: two\r\n", "idempotency-key"],
    ["baton-deadline: 5000\r\nbaton-deadline: 5000\r\n", "baton-deadline"],
    ["authorization: Bearer other\r\n", "authorization"],
    ["last-event-id: 1\r\nlast-event-id: 2\r\n", "last-event-id"],
  ])("a header that comes twice (%j) is 400", async (headers, name) => {
    const answer = await raw("/v1/tenants/acme/executions", headers);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain(`headers.${name}: came more than once`);
  });

  test("a status that is none is no filter", async () => {
    const list = async (status: string) => (await call("GET", `/v1/tenants/acme/executions?status=${status}`)).status;
    expect(await Promise.all(["retuned", "", "Returned", "returned,threw"].map(list))).toEqual([400, 400, 400, 400]);
    for (const status of ["open", "failed", "queued", "running", "returned", "refused", "invalid"])
      expect(await list(status)).toBe(200);
  });

  describe("a conversation's id", () => {
    const cjk = Array.from({ length: 1000 }, (_, n) => String.fromCharCode(0x4e00 + ((n * 7919) % 20_000))).join("");
    test.each([
      ["with a null character", "a\0b"],
      ["with half a character", "a\ud800"],
      ["of a thousand characters of three bytes", cjk],
      ["that looks like a key of ours", `sha256:${"0".repeat(64)}`],
    ])("%s: its runs are settled, found by it, and erased with it; no other tenant's wait", async (name, id) => {
      await call("PUT", "/v1/tenants/beside", { body: {} });
      await baton.live("beside", "echo", ECHO);
      const context = { conversation: { id, latestChannel: "chat" }, args: { said: "something private" } };
      const key = name.replaceAll(" ", "-");
      for (const headers of [
        {},
        { "idempotency-key": key },
        { "idempotency-key": `${key}-async`, prefer: "respond-async" },
      ])
        expect((await baton.execute("acme", "echo", { context, record: true }, headers)).status).toBeLessThan(203);
      await baton.execute("beside", "echo", chat("c"), { "idempotency-key": key });
      const settled = async (path: string) =>
        until(async () => {
          const { body } = await call("GET", path);
          return body.settledAt === null ? null : (body as { outcome: unknown });
        });
      await settled(`/v1/tenants/beside/executions/${key}`);
      for (const one of [key, `${key}-async`])
        expect(await settled(`/v1/tenants/acme/executions/${one}`)).toMatchObject({ outcome: { status: "returned" } });
      // A path holds no half of a character.
      if (!id.isWellFormed()) return;
      if (!id.includes("\0")) {
        const list = await call("GET", `/v1/tenants/acme/executions?conversation=${encodeURIComponent(id)}`);
        expect(list.body.executions).toHaveLength(3);
      }
      expect((await call("DELETE", `/v1/tenants/acme/conversations/${encodeURIComponent(id)}`)).status).toBe(204);
      for (const one of [key, `${key}-async`]) {
        expect((await call("GET", `/v1/tenants/acme/executions/${one}`)).body).toMatchObject({ outcome: null });
        expect((await call("GET", `/v1/tenants/acme/executions/${one}/recording`)).status).toBe(404);
      }
    });
  });

  test("what is asked for by names with null characters finds nothing, and breaks nothing", async () => {
    expect((await call("GET", "/v1/tenants/acme/executions?conversation=%00")).status).toBe(400);
    expect((await call("GET", "/v1/tenants/acme/executions/%00")).status).toBe(400);
    expect(codes(await call("DELETE", "/v1/keys/a%00b"))).toEqual([400, "REQUEST_INVALID"]);
    expect(codes(await call("POST", "/v1/keys/%00/rotate"))).toEqual([400, "REQUEST_INVALID"]);
    const where = "/v1/tenants/acme/conversations/a%00b";
    expect((await call("GET", where)).status).toBe(200);
    expect((await call("POST", `${where}/hand-back`)).status).toBe(200);
    expect((await call("DELETE", where)).status).toBe(204);
    expect((await call("GET", "/v1/tenants/acme/outbox?conversation=%00")).status).toBe(200);
  });

  test("what ends after its tenant was deleted leaves nothing for the next of its name", async () => {
    await call("PUT", "/v1/tenants/leaver", { body: {} });
    await baton.live(
      "leaver",
      "slow",
      `export async function execute_action() { await new Promise((r) => setTimeout(r, 1_500)); return 1; }`,
    );
    const asking = baton.execute("leaver", "slow", chat("l"), { "idempotency-key": "late" });
    const unkeyed = baton.execute("leaver", "slow", chat("l2"));
    const open = "/v1/tenants/leaver/executions?status=running";
    while ((await call("GET", open)).body.executions.length < 2)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await call("DELETE", "/v1/tenants/leaver")).status).toBe(204);
    expect((await call("PUT", "/v1/tenants/leaver", { body: {} })).status).toBe(201);
    await Promise.allSettled([asking, unkeyed]);
    expect((await call("GET", "/v1/tenants/leaver/executions")).body.executions).toEqual([]);
    expect((await call("GET", "/v1/tenants/leaver/usage")).body.total.runs).toBe(0);
  });
}

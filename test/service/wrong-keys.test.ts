// Every path of the table, asked with every key that may not: nothing of another tenant's comes out, not even whether it is there.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ROUTES } from "../../service/routes/index.ts";
import type { Route } from "../../service/routes/route.ts";
import { SCOPES } from "../../service/tokens.ts";
import { chat, startService, type Reply, type Running } from "./harness.ts";

const TABLE = Object.entries(ROUTES as Readonly<Record<string, Route>>);
const SECRET_MARK = "only-of-acme";

let baton: Running;
const intents: string[] = [];
const keys: Record<string, string> = {};

beforeAll(async () => {
  baton = await startService();
  const { call } = baton;
  for (const tenant of ["acme", "other"])
    await call("PUT", `/v1/tenants/${tenant}`, { body: { displayName: `${SECRET_MARK} ${tenant}` } });
  await call("PUT", "/v1/tenants/acme/secrets/TOKEN", { body: { value: SECRET_MARK, hosts: ["api.example.com"] } });
  await baton.live(
    "acme",
    "refund",
    `export function execute_action(c: any) { hand_off_conversation(c, "${SECRET_MARK}"); return "${SECRET_MARK}"; }`,
  );
  await baton.execute("acme", "refund", chat("c1"), { "idempotency-key": "e1" });
  const outbox = await call("GET", "/v1/tenants/acme/outbox");
  intents.push(outbox.body.entries[0].intentId as string);
  keys["of another tenant, with every scope"] = await baton.key(SCOPES, "other");
  keys["of a tenant that is not there"] = await baton.key(SCOPES, "nowhere");
  keys["made up"] = "baton_aaaaaaaaaaaaaaaa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  keys["no key at all"] = "";
  const revoked = await call("POST", "/v1/keys", { body: { tenant: "acme", scopes: SCOPES } });
  keys["revoked"] = revoked.body.key as string;
  await call("DELETE", `/v1/keys/${revoked.body.id as string}`);
  for (const scope of SCOPES) keys[`of acme with ${scope} alone`] = await baton.key([scope], "acme");
});
afterAll(async () => {
  await baton[Symbol.asyncDispose]();
});

const FILLED: Readonly<Record<string, () => string>> = {
  tenant: () => "acme",
  action: () => "refund",
  version: () => "1",
  conversation: () => "c1",
  id: () => intents[0]!,
  intent: () => intents[0]!,
  name: () => "TOKEN",
};

async function ask(route: Route, key: string, tenant = "acme"): Promise<Reply> {
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => (name === "tenant" ? tenant : FILLED[name]!()));
  const stop = new AbortController();
  const body = route.method === "POST" || route.method === "PUT" ? { body: {} } : {};
  return baton.call(route.method, path, { key: key === "" ? null : key, signal: stop.signal, ...body });
}

const guarded = TABLE.filter(([, { access }]) => access.of !== "open");

describe.each(guarded)("%s", (_name, route) => {
  test.each([
    "of another tenant, with every scope",
    "of a tenant that is not there",
    "made up",
    "no key at all",
    "revoked",
  ])("gives nothing to a key %s", async (what) => {
    const reply = await ask(route, keys[what]!);
    expect([401, 403, 404]).toContain(reply.status);
    expect(reply.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(reply.text).not.toContain(SECRET_MARK);
    expect(reply.body).toMatchObject({
      status: reply.status,
      code: expect.any(String),
      type: expect.any(String),
      title: expect.any(String),
    });
  });

  test("answers a key of another tenant as it answers for a tenant that is not there", async () => {
    if (!route.path.includes(":tenant") || route.access.of !== "tenant") return;
    const key = keys["of another tenant, with every scope"]!;
    const [there, absent] = [await ask(route, key, "acme"), await ask(route, key, "never-was")];
    const plain = ({ status, body }: Reply) => ({ status, ...body, requestId: null });
    expect(plain(there)).toEqual(plain(absent));
    expect(there.status).toBe(404);
  });

  test.each(SCOPES.filter((scope) => route.access.of !== "open" && !route.access.scopes.includes(scope)))(
    "is not for the scope %s",
    async (scope) => {
      expect((await ask(route, keys[`of acme with ${scope} alone`]!)).status).toBe(403);
    },
  );
});

test("what is open holds nothing of a tenant's", async () => {
  for (const [, route] of TABLE.filter(([, { access }]) => access.of === "open")) {
    expect((await ask(route, "")).text).not.toContain("acme");
  }
});

test("nothing was changed by all that", async () => {
  const [outbox, live, secrets] = await Promise.all([
    baton.call("GET", "/v1/tenants/acme/outbox"),
    baton.call("GET", "/v1/tenants/acme/actions/refund/live"),
    baton.call("GET", "/v1/tenants/acme/secrets"),
  ]);
  expect(outbox.body.entries).toHaveLength(1);
  expect(live.body.version).toBe(1);
  expect(secrets.body.secrets).toEqual([{ name: "TOKEN", hosts: ["api.example.com"], updatedAt: expect.any(String) }]);
});

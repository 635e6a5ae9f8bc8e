// Under load a node is killed, one is frozen, one is cut off, the database restarts, a version is rolled back: nothing acknowledged is
// lost, nothing is dialled twice, and no wrong version answers.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { ACCOUNT, startFakeTwilio, TOKEN, type FakeTwilio } from "../delivery/twilio-fake.ts";
import { hasHaproxy, HOSTS, startCluster, type Cluster } from "./cluster.ts";
import { chat, until } from "./harness.ts";
import { openNetwork, type Network } from "./namespaces.ts";

const there = hasHaproxy() ? test : test.skip;

let cluster: Cluster;
let twilio: FakeTwilio;
/** Null where the machine gives no namespaces: then all share its own network, and a cable is cut by a proxy of ours. */
let network: Network | null = null;

beforeAll(async () => {
  if (!hasHaproxy()) return;
  network = openNetwork(HOSTS);
  twilio = await startFakeTwilio(network?.gateway);
  cluster = await startCluster({ BATON_PRIVATE: new URL(twilio.url).host }, network);
}, 400_000);
afterAll(async () => {
  await cluster?.close();
  await twilio?.close();
  network?.close();
});

const ACTION = (version: number): string => `export function execute_action(c: any) {
  if (c.conversation.latestChannel === "phone") hand_off_conversation(c, "why", "+15551234567");
  return { version: ${version}, n: c.args.n };
}`;

interface Acknowledged {
  readonly key: string;
  readonly body: {
    readonly version: number;
    readonly outcome: {
      readonly returnValue?: { version: number; n: number };
      readonly handoff: { kind: string; state: string } | null;
      readonly warnings: readonly { readonly code: string }[];
    };
  };
  readonly askedAt: number;
}

/** A caller that repeats until it is answered, with the same key. */
const isUnknown = ({ outcome }: Acknowledged["body"]): boolean =>
  outcome.warnings.some(({ code }) => code === "STANDING_UNKNOWN");

async function ask(tenant: string, key: string, body: object): Promise<Acknowledged> {
  const askedAt = performance.now();
  for (;;) {
    const reply = await cluster
      .call("POST", `/v1/tenants/${tenant}/actions/a/executions`, {
        body,
        headers: { "idempotency-key": key },
        signal: AbortSignal.timeout(10_000),
      })
      .catch(() => null);
    if (reply?.status === 200) return { key, body: reply.body as Acknowledged["body"], askedAt };
    if (reply !== null && reply.status < 500 && reply.status !== 429)
      throw new Error(`${key}: ${reply.status} ${reply.text}`);
    await sleep(100);
  }
}

function phoneBody(at: number): object {
  const sid = `CA${at.toString(16).padStart(32, "0")}`;
  twilio.calls.set(sid, { status: "in-progress", twiml: [], children: [] });
  return {
    context: {
      conversation: { id: `call-${at}`, latestChannel: "phone", call: { id: sid, provider: "twilio" } },
      args: { n: at },
    },
  };
}

there(
  "nothing acknowledged is lost, nothing dialled twice, no wrong version",
  async () => {
    const { call, nodes, database } = cluster;
    const tenants = ["one", "two", "three", "four"];
    for (const tenant of tenants) {
      const providers = { transfers: { type: "twilio", accountSid: ACCOUNT, authToken: TOKEN, apiBase: twilio.url } };
      expect((await call("PUT", `/v1/tenants/${tenant}`, { body: { providers, cordon: "all" } })).status).toBe(201);
      expect(
        (await call("POST", `/v1/tenants/${tenant}/deployments`, { body: { actions: { a: { source: ACTION(1) } } } }))
          .status,
      ).toBe(200);
    }
    const acknowledged: Acknowledged[] = [];
    const control = { over: false, n: 0 };
    const load = tenants.map(async (tenant) => {
      while (!control.over) {
        const at = (control.n += 1);
        const body = at % 3 === 0 ? phoneBody(at) : chat(`chat-${at}`, { n: at });
        acknowledged.push(await ask(tenant, `${tenant}-${at}`, body));
        await sleep(20);
      }
    });
    const grown = async (by: number): Promise<void> => {
      const from = acknowledged.length;
      await until(async () => acknowledged.length >= from + by);
    };
    await grown(20);
    // Another process than that which serves most of one tenant, whichever that is.
    await nodes[0]!.kill("SIGKILL");
    await grown(20);
    nodes[1]!.child.kill("SIGSTOP");
    await grown(20);
    await sleep(2_000);
    nodes[1]!.child.kill("SIGCONT");
    await grown(20);
    cluster.cut(true);
    await grown(20);
    cluster.cut(false);
    await grown(20);
    await database.kill();
    await sleep(500);
    await database.start();
    await grown(20);

    // A version, and back: a second after it was said, no node answers by the other.
    const live = async (version: number): Promise<void> => {
      for (const tenant of tenants) {
        const path = `/v1/tenants/${tenant}/actions/a`;
        if (version === 2)
          await until(
            async () => (await call("POST", `${path}/versions`, { body: { source: ACTION(2) } })).status < 300,
          );
        await until(async () => (await call("PUT", `${path}/live`, { body: { version } })).status === 200);
      }
    };
    await live(2);
    await grown(20);
    await live(1);
    const rolledBack = performance.now();
    await sleep(1_500);
    await grown(20);
    control.over = true;
    await Promise.all(load);

    // No wrong version: what an answer says is what ran.
    for (const { body } of acknowledged) {
      const value = body.outcome.returnValue;
      if (value !== undefined) expect(value.version).toBe(body.version);
    }
    const late = acknowledged.filter(({ askedAt }) => askedAt > rolledBack + 1_000);
    expect(late.length).toBeGreaterThan(10);
    expect(late.filter(({ body }) => body.version !== 1)).toEqual([]);

    // Nothing acknowledged is lost: any node answers a repeated key as it was answered.
    for (const { key, body } of acknowledged) {
      const tenant = key.slice(0, key.lastIndexOf("-"));
      const at = Number(key.slice(key.lastIndexOf("-") + 1));
      const sid = `CA${at.toString(16).padStart(32, "0")}`;
      const again = await ask(
        tenant,
        key,
        at % 3 === 0
          ? {
              context: {
                conversation: { id: `call-${at}`, latestChannel: "phone", call: { id: sid, provider: "twilio" } },
                args: { n: at },
              },
            }
          : chat(`chat-${at}`, { n: at }),
      );
      // An answer says where the conversation stands now, and the store that was away did not say it then.
      const bot = isUnknown(body) ? { bot: expect.anything() } : {};
      expect(again.body).toEqual({ ...body, outcome: { ...body.outcome, ...bot } });
    }
    // Nothing is dialled twice, and every transfer that was said to have fired was dialled.
    for (const [sid, { twiml }] of twilio.calls) {
      expect([sid, twiml.length <= 1]).toEqual([sid, true]);
    }
    const fired = acknowledged.filter(({ body }) => body.outcome.handoff?.state === "fired");
    expect(fired.length).toBeGreaterThan(10);
    for (const { key } of fired) {
      const sid = `CA${Number(key.slice(key.lastIndexOf("-") + 1))
        .toString(16)
        .padStart(32, "0")}`;
      expect(twilio.calls.get(sid)?.twiml).toHaveLength(1);
    }
  },
  900_000,
);

there("a key that is revoked is refused by every node within a second", async () => {
  const { nodes, call } = cluster;
  const [, ...alive] = nodes;
  const made = await until(async () => {
    const reply = await call("POST", "/v1/keys", { body: { scopes: ["admin"] } });
    return reply.status === 201 && (reply.body as { id: string; key: string });
  });
  for (const node of alive)
    await until(async () => (await node.call("GET", "/v1/tenants", { key: made.key })).status === 200);
  await until(async () => (await call("DELETE", `/v1/keys/${made.id}`)).status === 204);
  await sleep(1_000);
  for (const node of alive) expect((await node.call("GET", "/v1/tenants", { key: made.key })).status).toBe(401);
});

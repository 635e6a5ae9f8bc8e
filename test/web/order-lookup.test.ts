import { afterAll, describe, expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { createRuntime } from "../../runtime/index.ts";
import type { Outcome, RuntimeOptions } from "../../runtime/index.ts";
import { allowing, loopback } from "../host-api/fetch/loopback.ts";
import type { Loopback } from "../host-api/fetch/loopback.ts";

const file = fileURLToPath(new URL("../../fixtures/actions/order-lookup.ts", import.meta.url));
const TOKEN = "tok_live_0123456789";
let servers: Loopback[] = [];
afterAll(async () => Promise.all(servers.map((server) => server[Symbol.asyncDispose]())));

async function lookUp(server: Loopback, orderId = "A 1"): Promise<Outcome> {
  servers = [...servers, server];
  await using runtime = await createRuntime({ egress: allowing(server), logger: silent });
  return await runtime.execute({
    action: { file },
    context: { conversation: { id: "c1", latestChannel: "chat" }, args: { orderId, shop: server.url } },
    secrets: { ORDERS_TOKEN: { value: TOKEN, hosts: [server.place] } },
  });
}
const silent = { error() {}, warn() {}, info() {}, debug() {} } as unknown as NonNullable<RuntimeOptions["logger"]>;

describe("the order lookup of the fixtures", () => {
  test("finds an order with the secret token", async () => {
    const server = await loopback((_request, response) =>
      response.end(JSON.stringify({ id: "A 1", status: "shipped" })),
    );
    const outcome = await lookUp(server);
    expect(outcome).toMatchObject({
      status: "returned",
      returnValue: { found: true, status: "shipped" },
      handoff: null,
    });
    expect(server.requests[0]).toMatchObject({ url: "/orders/A%201", headers: { authorization: `Bearer ${TOKEN}` } });
  });

  test("tries again while the shop is busy", async () => {
    let left = 2;
    const server = await loopback((_request, response) => {
      left -= 1;
      response.writeHead(left >= 0 ? 503 : 404).end();
    });
    expect(await lookUp(server)).toMatchObject({ returnValue: { found: false }, handoff: null });
    expect(server.requests).toHaveLength(3);
  });

  test("hands off when that does not help, or the order is flagged", async () => {
    const busy = await loopback((_request, response) => response.writeHead(500).end());
    expect(await lookUp(busy)).toMatchObject({
      returnValue: { handedOff: true },
      handoff: { kind: "handoff", reason: "Order lookup failed: the shop answered 500" },
    });
    expect(busy.requests).toHaveLength(3);
    const flagged = await loopback((_request, response) => response.end(`{"id":"1","status":"x","hasFraudFlag":true}`));
    expect(await lookUp(flagged)).toMatchObject({ handoff: { reason: "Order flagged for fraud review" } });
  });

  test("a server that sends the token back finds it nowhere in the outcome", async () => {
    const server = await loopback((request, response) =>
      response.end(
        JSON.stringify({ id: request.headers.authorization, status: Buffer.from(TOKEN).toString("base64") }),
      ),
    );
    const outcome = await lookUp(server);
    expect(outcome.returnValue).toEqual({ found: true, id: "Bearer [redacted]", status: "[redacted]" });
  });
});

describe("an action's requests", () => {
  const source = `export async function execute_action({ args }) { console.log(args.text); return (await fetch(args.url)).text(); }`;
  test("are refused where no policy allows them, with the rule's code in the error", async () => {
    await using server = await loopback((_request, response) => response.end("inside"));
    await using runtime = await createRuntime({ logger: silent });
    const outcome = await runtime.execute({ action: { source }, context: { args: { url: server.url } } });
    expect(outcome).toMatchObject({ status: "threw", error: { name: "TypeError" } });
    expect(outcome.error?.message).toContain("no egress policy");
    expect(server.connections()).toBe(0);
  });

  test("follow the policy of their own tenant", async () => {
    await using server = await loopback((_request, response) => response.end("hello"));
    await using runtime = await createRuntime({
      egress: (tenant) => (tenant === "a" ? allowing(server) : null),
      logger: silent,
    });
    const run = (tenant: string) =>
      runtime.execute({ action: { source }, tenant, context: { args: { url: server.url } } });
    expect((await run("a")).returnValue).toBe("hello");
    expect((await run("b")).status).toBe("threw");
    expect(server.connections()).toBe(1);
  });

  test("a missing name of Node's is named with what to use instead", async () => {
    await using runtime = await createRuntime({ logger: silent });
    for (const [name, hint] of [
      ["process", "secrets"],
      ["Buffer", "Uint8Array"],
      ["require", "import"],
      ["__dirname", "no files"],
    ]) {
      // prettier-ignore
      const outcome = await runtime.execute({
        action: { source: `export const execute_action = () => eval("${name}")` },
        context: { args: {} },
      });
      expect(outcome.error?.message).toContain(`${name} is not defined. `);
      expect(outcome.error?.message).toContain(hint);
    }
  });
});

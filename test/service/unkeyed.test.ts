// Runs without a key on a node that is killed: they are seen while they last, settled by the next node, and counted.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createUnkeyedRuns, UNKEYED } from "../../service/executions/unkeyed.ts";
import { ADMIN, chat, SECRETS_KEY, startService, until } from "./harness.ts";
import { serveProcess } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "baton-unkeyed-"));
const store = `sqlite:${join(folder, "baton.db")}`;
const SLOW = `export async function execute_action(c: any) { await new Promise((r) => setTimeout(r, c.args.ms)); return 1; }`;
const settings = { store, data: folder };

beforeAll(async () => {
  await using first = await startService(settings);
  await first.call("PUT", "/v1/tenants/acme", { body: { limits: { wallMs: 60_000 } } });
  await first.live("acme", "slow", SLOW);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("are settled as lost and counted once by the node that comes after", async () => {
  const env = { BATON_STORE: store, BATON_ADMIN_KEY: ADMIN, BATON_SECRETS_KEY: SECRETS_KEY };
  const killed = await serveProcess(folder, ["--log-level", "silent"], env);
  const asking = [1, 2].map((n) =>
    killed.call("POST", "/v1/tenants/acme/actions/slow/executions", { body: chat(`k${n}`, { ms: 50_000 }) }),
  );
  const open = await until(async () => {
    const { body } = await killed.call("GET", "/v1/tenants/acme/executions?status=running");
    return body.executions.length === 2 && (body.executions as { executionId: string }[]);
  });
  await killed.kill("SIGKILL");
  for (const reply of await Promise.allSettled(asking)) expect(reply.status).toBe("rejected");

  await using next = await startService(settings);
  await until(
    async () => (await next.call("GET", "/v1/tenants/acme/executions?status=crashed")).body.executions.length === 2,
    60_000,
  );
  const { body } = await next.call("GET", `/v1/tenants/acme/executions/${open[0]!.executionId}`);
  expect(body.outcome).toMatchObject({ status: "crashed", error: { code: "EXECUTION_LOST", retry: "unsafe" } });
  const usage = await next.call("GET", "/v1/tenants/acme/usage?by=day");
  expect(usage.body.total).toMatchObject({ runs: 2, failed: 2 });
  // One that ends by itself is counted as ever.
  await next.execute("acme", "slow", chat("after", { ms: 700 }));
  expect((await next.call("GET", "/v1/tenants/acme/usage?by=day")).body.total).toMatchObject({ runs: 3, failed: 2 });
}, 120_000);

test("get a row only when they take longer than a moment, and lose it where nothing ran", async () => {
  const asked: [string, unknown][] = [];
  const run = (async (name: string, input: unknown) => void asked.push([name, input])) as never;
  const runs = createUnkeyedRuns({ run }, 20);
  const of = (executionId: string) => ({
    tenant: "t", executionId, action: "a", version: 1, requestHash: UNKEYED, conversationId: null, status: "running" as const,
    owner: "n", request: null, createdAt: 0,
  }); // prettier-ignore
  runs.add(of("short")).done();
  const long = runs.add(of("long"));
  await until(async () => asked.length > 0);
  expect(asked).toEqual([["beginRuns", { runs: [of("long")] }]]);
  await runs.add(of("refused")).forget();
  expect(asked).toHaveLength(1);
  await long.forget();
  expect(asked[1]).toEqual(["forgetRun", { tenant: "t", executionId: "long" }]);
  runs.close();
});

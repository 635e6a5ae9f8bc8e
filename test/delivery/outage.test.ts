// The database goes away at the end of a run, for longer than a lease: what was done is not found lost, and its outcome is stored.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openHandoffs } from "../../delivery/index.ts";
import { createRuntime } from "../../runtime/index.ts";
import { action, SILENT_LOGGER } from "../runtime/executing.ts";
import { beginRequest } from "./fixtures.ts";
import { startPostgres, type PostgresServer } from "./postgres-server.ts";

const LEASE_MS = 900;
// A server that is away refuses at once: only a busy machine needs the time for an answer.
const settings = { executionLeaseMs: LEASE_MS, recordMs: 300, storeMs: 10_000 };

describe("PostgreSQL is away for longer than a lease while an execution ends", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  const openJudge = async () => {
    for (;;) {
      try {
        return await openHandoffs({ store: server.url(), relay: false, settings });
      } catch (error) {
        // It takes no connections yet.
        if ((error as { retry?: unknown }).retry === "never") throw error;
        await sleep(20);
      }
    }
  };

  test("it is waited for and replayed, by a process that was there before and by one that starts after", async () => {
    const handoffs = await openHandoffs({ store: server.url(), relay: false, settings });
    const runtime = await createRuntime({ handoffs, logger: SILENT_LOGGER });
    const before = await openJudge();
    const invocation = {
      action: action(`await new Promise((resolve) => setTimeout(resolve, 400)); return "done";`),
      context: { conversation: { id: "conversation" }, args: {} },
      executionId: "execution",
      tenant: "acme",
    };
    const running = runtime.execute(invocation);
    for (const of = { tenant: "acme", executionId: "execution" }; (await before.getExecution(of)) === null;)
      await sleep(5);
    await server.kill();
    // The action and its caller learn nothing of it but that it is unknown where the conversation stands.
    const outcome = await running;
    expect(outcome).toMatchObject({
      status: "returned",
      returnValue: "done",
      warnings: [{ code: "STANDING_UNKNOWN" }],
    });
    await sleep(2 * LEASE_MS);
    await server.start();
    const after = await openJudge();
    const other = await Promise.all(
      [before, after].map(async (judge) => createRuntime({ handoffs: judge, logger: SILENT_LOGGER })),
    );
    const replays = await Promise.all(
      other.map(async (each) => {
        for (;;) {
          try {
            return await each.execute(invocation);
          } catch (error) {
            if ((error as { retry?: unknown }).retry === "never") throw error;
            await sleep(20);
          }
        }
      }),
    );
    for (const replay of replays) {
      expect(replay).toMatchObject({ status: "returned", returnValue: "done" });
      expect(replay).not.toHaveProperty("error");
    }
    await Promise.all([runtime, ...other].map((each) => each.close()));
    await Promise.all([handoffs, before, after].map((each) => each.close()));
  });

  test("one whose process did not come back is found lost all the same", async () => {
    const owner = await openHandoffs({ store: server.url(), relay: false, settings });
    const judge = await openJudge();
    const run = beginRequest();
    await owner.begin(run);
    await server.kill();
    await owner.close();
    await sleep(2 * LEASE_MS);
    await server.start();
    for (;;) {
      try {
        expect(await judge.begin(run)).toMatchObject({ replay: { error: { code: "EXECUTION_LOST" } } });
        break;
      } catch (error) {
        if ((error as { code?: unknown }).code?.toString().startsWith("STORE_") !== true) throw error;
        await sleep(20);
      }
    }
    await judge.close();
  });
});

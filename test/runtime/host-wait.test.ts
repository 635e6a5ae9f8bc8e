// `usage.hostMs`: what a run waited for its host, in synchronous calls and in `fetch`. The waits are compared with each other and with what
// the server measured, never with a clock of the test's.
import { expect, test } from "@jest/globals";
import { createRuntime } from "../../runtime/index.ts";
import { loopback } from "../host-api/fetch/loopback.ts";
import { delay, run, SILENT_LOGGER } from "./executing.ts";

const PAUSE_MS = 400;

async function runAgainst(body: (url: string) => string) {
  let heldMs = 0;
  await using server = await loopback(async (_request, response) => {
    const began = performance.now();
    await delay(PAUSE_MS);
    heldMs += performance.now() - began;
    response.end("ok");
  });

  const egress = { hosts: ["127.0.0.1"], http: true, private: [server.place] };
  await using runtime = await createRuntime({ logger: SILENT_LOGGER, egress });
  const outcome = await run(runtime, body(server.url), { limits: { wallMs: 20_000 } });
  return { outcome, heldMs };
}

test("a run that waits in fetch has waited for its host at least as long as the server held the answer", async () => {
  const { outcome, heldMs } = await runAgainst((url) => `return (await fetch("${url}")).text()`);
  expect(outcome).toMatchObject({ status: "returned", returnValue: "ok" });
  expect(heldMs).toBeGreaterThan(PAUSE_MS / 2);
  expect(outcome.usage.hostMs).toBeGreaterThan(heldMs * 0.9);
  // The action could have done other things meanwhile, so its wall clock ran on.
  expect(outcome.usage.wallMs).toBeGreaterThanOrEqual(Math.floor(outcome.usage.hostMs));
});

test("two requests at once are one wait", async () => {
  const { outcome, heldMs } = await runAgainst(
    (url) => `return (await Promise.all([fetch("${url}"), fetch("${url}")])).length`,
  );
  expect(outcome.returnValue).toBe(2);
  expect(outcome.usage.hostMs).toBeGreaterThan((heldMs / 2) * 0.9);
  expect(outcome.usage.hostMs).toBeLessThanOrEqual(outcome.usage.wallMs + 1);
});

test("a wait for a timer, and time spent computing beside an open request, are the action's own", async () => {
  const { outcome } = await runAgainst(
    (url) => `await new Promise((done) => setTimeout(done, ${PAUSE_MS}));
      const asked = fetch("${url}"); const began = performance.now();
      while (performance.now() - began < ${2 * PAUSE_MS});
      return (await asked).text()`,
  );
  expect(outcome.returnValue).toBe("ok");
  expect(outcome.usage.hostMs).toBeLessThan(outcome.usage.wallMs - 2 * PAUSE_MS);
});

test("a run that ends in the middle of the wait says so", async () => {
  await using server = await loopback(async () => undefined);
  const egress = { hosts: ["127.0.0.1"], http: true, private: [server.place] };
  await using runtime = await createRuntime({ logger: SILENT_LOGGER, egress });
  const outcome = await run(runtime, `return fetch("${server.url}")`, { limits: { wallMs: 1_500 } });
  expect(outcome.status).toBe("timed_out");
  expect(outcome.usage.hostMs).toBeGreaterThan(750);
});

// A PostgreSQL that goes silent: connections stay open, and nothing comes through them any more.
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openHandoffs } from "../../delivery/index.ts";
import { beginRequest, recordRequest } from "./fixtures.ts";
import { startPostgres, type PostgresServer } from "./postgres-server.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** A wire to the server that can be made to swallow everything. */
async function startWire() {
  const { port } = new URL(server.url());
  const ends = new Set<Socket>();
  let silent = false;
  const wire = createServer((near) => {
    const far = connect(Number(port), "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      from.on("data", (chunk) => void (silent || to.write(chunk)));
      from.on("error", () => {});
      from.on("close", () => {
        ends.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => wire.listen(0, "127.0.0.1", resolve));
  return {
    url: server.url().replace(port, String((wire.address() as AddressInfo).port)),
    connections: () => ends.size,
    silence() {
      silent = true;
    },
    close: () => new Promise((resolve) => wire.close(resolve)),
  };
}

test("every wait ends, what was asked may have happened, and close leaves no connection behind", async () => {
  const wire = await startWire();
  const handoffs = await openHandoffs({
    store: wire.url,
    relay: false,
    settings: { storeMs: 1500, recordMs: 1000 },
  });
  await handoffs.begin(beginRequest());
  wire.silence();
  const claim = recordRequest();
  const [begun, recorded, standing] = await Promise.allSettled([
    handoffs.begin(beginRequest()),
    handoffs.record(claim),
    handoffs.standing(claim),
  ]);
  // Those that find no idle connection do not get a new one.
  const silent = { reason: { code: expect.stringMatching(/^STORE_(ANSWER_LOST|UNAVAILABLE)$/) } };
  expect(begun).toMatchObject(silent);
  expect(recorded).toMatchObject({ value: { intentId: claim.intentId, verdict: "unknown" } });
  expect(standing).toMatchObject(silent);
  await handoffs.close();
  // No client but this store is connected: both ends of each of its connections go.
  while (wire.connections() > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await wire.close();
});

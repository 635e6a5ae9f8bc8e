// Desks that hang, by the hundred: what healthy tenants wait for them, and what a desk that is well again waits. Time is simulated, but for the last test.
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { openHandoffs, webhookProvider } from "../../delivery/index.ts";
import { eventually, recordRequest } from "./fixtures.ts";
import { createWorld, ILLNESSES } from "./hanging-world.ts";

const HANGING = 300;
const HEALTHY = 100;
/** Sixteen places, a tenth of a second for each call that is not answered by then; and the healthy ones' own fifty. */
const FIRST_MS = ((HANGING + HEALTHY) / 16) * 100;

describe("three hundred tenants whose desks", () => {
  test.each(Object.entries(ILLNESSES))("%s keep no healthy tenant waiting", async (_, illness) => {
    const world = await createWorld({ hanging: HANGING, healthy: HEALTHY, illness });
    const both = [...world.hanging, ...world.healthy];
    await world.record(both);
    await world.time.pass(20_000);
    const first = world.look().waits;
    await world.record(world.healthy);
    await world.time.pass(20_000);
    await world.record(both);
    await world.time.pass(20_000);
    const { waits } = world.look();
    // A desk that hangs at times has to be found out more than once.
    const isFickle = illness === ILLNESSES["hang at every other attempt"];
    expect(first.length).toBeGreaterThanOrEqual(HEALTHY);
    expect(first[HEALTHY - 1]).toBeLessThan(isFickle ? 2 * FIRST_MS : FIRST_MS);
    expect(waits.length).toBeGreaterThanOrEqual(2 * HEALTHY);
    expect(waits.at(-1)).toBeLessThan(isFickle ? 2 * FIRST_MS : 1000);
    await world.close();
  });
});

test("a desk that is well again gets its hand-offs within a minute or two, all of them", async () => {
  const world = await createWorld({ hanging: 60, healthy: 0 });
  await world.record(world.hanging);
  await world.time.pass(600_000);
  const [well = ""] = world.hanging;
  world.cure(well);
  await world.record(Array.from({ length: 20 }, () => well));
  await world.time.pass(90_000);
  expect(world.look().delivered.length).toBeGreaterThanOrEqual(20);
  await world.close();
});

test("three hundred tenants with one hanging host are tried by few calls at a time", async () => {
  const endpoint = (tenant: string): string => `https://${tenant.startsWith("hanging") ? "hanging" : tenant}.example`;
  const world = await createWorld({ hanging: HANGING, endpoint });
  await world.record([...world.hanging, ...world.healthy]);
  await world.time.pass(60_000);
  world.look();
  const before = world.figures().attempts;
  await world.record([...world.hanging, ...world.healthy]);
  await world.time.pass(60_000);
  const { waits } = world.look();
  expect(waits).toHaveLength(HEALTHY);
  expect(waits.at(-1)).toBeLessThan(1000);
  expect(world.figures().attempts - before).toBeLessThan(HANGING / 4);
  await world.close();
});

describe("with real connections", () => {
  const servers: TcpServer[] = [];
  const sockets = new Set<Socket>();
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  afterEach(() => {
    servers.splice(0).forEach((server) => server.close());
    cut();
  });
  const listening = async (server: Server | TcpServer): Promise<number> => {
    servers.push(server);
    server.on("connection", (socket: Socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };

  test("healthy tenants are served before the first hanging call ends", async () => {
    const arrived = new Set<string>();
    const silent = await listening(createServer(() => {}));
    const headless = await listening(createServer((_, response) => response.write("")));
    const noHandshake = await listening(createTcpServer(() => {}));
    const well = await listening(
      createServer((request, response) => {
        arrived.add(request.url ?? "");
        response.end();
      }),
    );
    const urls = [`http://127.0.0.1:${silent}`, `http://127.0.0.1:${headless}`, `https://127.0.0.1:${noHandshake}`];
    const secrets = [`whsec_${Buffer.alloc(24, 1).toString("base64")}`];
    let ended = 0;
    const handoffs = await openHandoffs({
      store: "memory:",
      relay: false,
      settings: { concurrency: 4, deliverMs: 20_000 },
      provider: (tenant) => {
        const [kind = "", at = "0"] = tenant.split("-");
        const url = kind === "well" ? `http://127.0.0.1:${well}/${at}` : `${urls[Number(at) % 3]}/`;
        const provider = webhookProvider({ url, secrets, private: [new URL(url).host], timeoutMs: 20_000 });
        return {
          ...provider,
          async deliver(handoff, signal) {
            const result = await provider.deliver?.(handoff, signal);
            if (kind !== "well") ended += 1;
            return result ?? { type: "retry", code: "none" };
          },
        };
      },
    });
    for (let at = 0; at < 60; at += 1) await handoffs.record(recordRequest({ tenant: `ill-${at}` }));
    for (let at = 0; at < 20; at += 1) await handoffs.record(recordRequest({ tenant: `well-${at}` }));
    handoffs.start();
    await eventually(
      async () => arrived.size,
      (size) => size === 20,
    );
    expect(ended).toBe(0);
    const closed = handoffs.close();
    cut();
    await closed;
  });
});

/** `baton dev --live` against a server that listens: real requests by the configured policy, with the real values of secrets. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { DevEvent, RunEvent } from "../../author/session/events.ts";
import { tempFolder } from "../cli/baton.ts";
import { DevSession } from "./session.ts";

interface Got {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly body: string;
}

let got: Got[] = [];
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    const { method, url, headers } = request;
    got.push({ method, url, token: headers.authorization, body });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ order: "A-1001", paid: true }));
  });
});
let port = 0;

beforeAll(async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  got = [];
});

const action = (): string => `export async function execute_action() {
  const headers = { authorization: "Bearer " + secrets.SHOP_TOKEN };
  const answer = await fetch("http://localhost:${port}/orders/A-1001", { method: "POST", headers, body: "n=1" });
  return { status: answer.status, order: await answer.json() };
}
`;
const config = (): string =>
  JSON.stringify({
    egress: { hosts: ["localhost"], http: true, private: [`localhost:${port}`] },
    secrets: { SHOP_TOKEN: { hosts: [`localhost:${port}`] } },
  });
const isRun = (event: DevEvent): event is RunEvent => event.event === "run";
const ORDER = { order: "A-1001", paid: true };

describe("baton dev --live", () => {
  test("sends what the action sends, with the secret's value from .baton.env, and shows what came of the answer", async () => {
    using project = tempFolder({
      "a.js": action(),
      "baton.config.json": config(),
      ".baton.env": "SHOP_TOKEN=sk-live-1\n",
    });
    await using session = new DevSession(project.path, ["--live"]);
    const run = await session.next(isRun);
    expect(run).toMatchObject({ ok: true, failures: [] });
    expect(run.outcome).toMatchObject({ status: "returned", returnValue: { status: 200, order: ORDER } });
    expect(got).toEqual([{ method: "POST", url: "/orders/A-1001", token: "Bearer sk-live-1", body: "n=1" }]);
    expect(JSON.stringify(session.events)).not.toContain("sk-live-1");

    const from = session.events.length;
    writeFileSync(join(project.path, "a.js"), action().replace("n=1", "n=2"));
    await session.next(isRun, from);
    expect(got.at(-1)).toMatchObject({ body: "n=2" });
  });

  test("takes the values of --secrets before those of .baton.env", async () => {
    using project = tempFolder({
      "a.js": action(),
      "baton.config.json": config(),
      ".baton.env": "SHOP_TOKEN=sk-of-the-project\n",
      "other.env": "SHOP_TOKEN=sk-of-the-flag\n",
    });
    await using session = new DevSession(project.path, ["--live", "--secrets", join(project.path, "other.env")]);
    await session.next(isRun);
    expect(got.map(({ token }) => token)).toEqual(["Bearer sk-of-the-flag"]);
  });

  test("leaves a scenario with answers of its own off the network, and sends for one without them", async () => {
    const answers = [{ url: "http://localhost*", json: { canned: true } }];
    using project = tempFolder({
      "a.js": action(),
      "baton.config.json": config(),
      ".baton.env": "SHOP_TOKEN=sk-live-1\n",
      "a.scenario.json": JSON.stringify([
        { name: "canned", http: answers, expect: { returnValue: { status: 200, order: { canned: true } } } },
        {
          name: "real",
          expect: {
            returnValue: { status: 200, order: ORDER },
            requests: [{ method: "POST", headers: { authorization: "Bearer [secret SHOP_TOKEN]" }, body: "n=1" }],
          },
        },
      ]),
    });
    await using session = new DevSession(project.path, ["--live"]);
    for (const name of ["canned", "real"]) {
      const run = await session.next((event): event is RunEvent => isRun(event) && event.scenario === name);
      expect(run).toMatchObject({ scenario: name, ok: true, failures: [] });
    }
    expect(got).toHaveLength(1);
  });

  test("reaches no host that the configuration does not name", async () => {
    using project = tempFolder({
      "a.js": action(),
      "baton.config.json": JSON.stringify({
        egress: { hosts: ["api.shop.example"], http: true },
        secrets: { SHOP_TOKEN: { hosts: ["api.shop.example"] } },
      }),
      ".baton.env": "SHOP_TOKEN=sk-live-1\n",
    });
    await using session = new DevSession(project.path, ["--live"]);
    const { outcome } = await session.next(isRun);
    expect(outcome.status).toBe("threw");
    expect(outcome.error?.message).toContain("localhost");
    expect(got).toEqual([]);
  });

  test("says at once which hosts and which values are missing, with the key and the page", async () => {
    using project = tempFolder({
      "a.js": "export const execute_action = () => 1;\n",
      "baton.config.json": JSON.stringify({ secrets: { SHOP_TOKEN: { hosts: ["api.shop.example"] } } }),
    });
    await using session = new DevSession(project.path, ["--live"]);
    await session.next(isRun);
    expect(session.errors).toMatch(/"egress".*docs\/live\.md/);
    expect(session.errors).toMatch(/SHOP_TOKEN.*\.baton\.env.*--secrets.*docs\/live\.md/);
  });

  test("is asked for: without the flag nothing reaches the server", async () => {
    using project = tempFolder({
      "a.js": action(),
      "baton.config.json": config(),
      ".baton.env": "SHOP_TOKEN=sk-live-1\n",
    });
    await using session = new DevSession(project.path);
    const run = await session.next(isRun);
    expect(run.ok).toBe(false);
    expect(run.failures[0]!.message).toContain(`http://localhost:${port}/orders/A-1001`);
    expect(got).toEqual([]);
  });
});

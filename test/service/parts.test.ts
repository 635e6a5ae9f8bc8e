// The small parts: sealing, splitting, metrics' text, events after an outage, the operator's exceptions, problems, the declared pages.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { metricsPage } from "../../scripts/metrics-page.ts";
import type { Change } from "../../delivery/index.ts";
import { createEvents } from "../../service/events.ts";
import { pick, placeOf } from "../../service/executions/live.ts";
import { METRICS } from "../../service/metrics/declared.ts";
import { createMetricsRegistry } from "../../service/metrics/registry.ts";
import { openApiDocument } from "../../service/openapi/document.ts";
import { matchesPrivate } from "../../service/private-hosts.ts";
import { ROUTES } from "../../service/routes/index.ts";
import type { Route } from "../../service/routes/route.ts";
import { openVault } from "../../service/vault.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const key = (id: string, fill: number): string => `${id}:${Buffer.alloc(32, fill).toString("base64")}`;

describe("the vault", () => {
  test("opens what it sealed, at its own place alone", () => {
    const vault = openVault(key("k1", 1));
    const place = { tenant: "acme", name: "TOKEN" };
    const sealed = vault.seal(place, "välue");
    expect(vault.open(place, sealed)).toBe("välue");
    expect(sealed.sealed).not.toContain(Buffer.from("välue").toString("base64").slice(0, 5));
    expect(vault.seal(place, "välue").sealed).not.toBe(sealed.sealed);
    for (const other of [
      { tenant: "other", name: "TOKEN" },
      { tenant: "acme", name: "TOKE" },
    ]) {
      expect(() => vault.open(other, sealed)).toThrow(/cannot be opened/);
    }
    const bytes = Buffer.from(sealed.sealed, "base64");
    bytes[14]! ^= 1;
    expect(() => vault.open(place, { ...sealed, sealed: bytes.toString("base64") })).toThrow(/cannot be opened/);
  });

  test("seals with the first key and opens with all", () => {
    const place = { tenant: "acme", name: "TOKEN" };
    const old = openVault(key("k1", 1)).seal(place, "value");
    const both = openVault(`${key("k2", 2)},${key("k1", 1)}`);
    expect([both.open(place, old), both.seal(place, "x").keyId]).toEqual(["value", "k2"]);
    expect(() => openVault(key("k2", 2)).open(place, old)).toThrow(/key k1/);
  });

  test.each(["", "k1", "k1:short", `k1:${Buffer.alloc(16).toString("base64")}`])("%j is no key", (text) => {
    expect(() => openVault(text)).toThrow(/BATON_SECRETS_KEY/);
  });
});

describe("a split", () => {
  test("goes by the cumulative percents in the order listed", () => {
    const shares = [
      { version: 4, percent: 10 },
      { version: 2, percent: 0 },
      { version: 9, percent: 90 },
    ];
    expect([0, 9.99, 10, 99.999].map((place) => pick(shares, place))).toEqual([4, 4, 9, 9]);
    expect(
      pick(
        [
          { version: 1, percent: 33.3 },
          { version: 2, percent: 66.7 },
        ],
        99.9999999999,
      ),
    ).toBe(2);
  });

  test("spreads conversations evenly, each at one place, and differently for each action", () => {
    const places = Array.from({ length: 4_000 }, (_, at) => placeOf("acme", "refund", `c${at}`));
    const first = places.filter((place) => place < 10).length;
    expect(first).toBeGreaterThan(300);
    expect(first).toBeLessThan(500);
    expect(placeOf("acme", "refund", "c1")).toBe(placeOf("acme", "refund", "c1"));
    expect(placeOf("acme", "refund", "c1")).not.toBe(placeOf("acme", "status", "c1"));
    expect(placeOf("a", "bc", "d")).not.toBe(placeOf("ab", "c", "d"));
  });
});

test("metrics are written in Prometheus' text form", () => {
  const registry = createMetricsRegistry();
  registry.add("requests", { route: 'a"b\\c\nd', status: 200 });
  registry.add("requests", { route: 'a"b\\c\nd', status: 200 });
  registry.observe("executionQueue", 0.02);
  registry.observe("executionQueue", 99);
  const text = registry.text();
  expect(text).toContain('baton_http_requests_total{route="a\\"b\\\\c\\nd",status="200"} 2');
  expect(text).toContain('baton_execution_queue_seconds_bucket{le="0.01"} 0');
  expect(text).toContain('baton_execution_queue_seconds_bucket{le="0.025"} 1');
  expect(text).toContain('baton_execution_queue_seconds_bucket{le="+Inf"} 2');
  expect(text).toContain("baton_execution_queue_seconds_count 2");
  for (const line of text.trimEnd().split("\n"))
    expect(line).toMatch(/^(# (HELP|TYPE) baton_\w+ .+|baton_\w+(\{.*\})? [-+0-9.e]+)$/);
});

test("the pages of metrics and the alert rules name what is declared", () => {
  expect(readFileSync(`${root}docs/metrics.md`, "utf8")).toBe(metricsPage());
  const declared = new Set<string>(Object.values(METRICS).map(({ name }) => name));
  const used = readFileSync(`${root}deploy/alerts.yml`, "utf8").match(/\bbaton_\w+/g) ?? [];
  expect(used.length).toBeGreaterThan(4);
  expect(used.filter((name) => !declared.has(name))).toEqual([]);
});

test("docs/service.md names every setting", async () => {
  const { settingsSchema } = await import("../../service/settings.ts");
  const page = readFileSync(`${root}docs/service.md`, "utf8");
  expect(Object.keys(settingsSchema.shape).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test("the OpenAPI document has every route, with its problems and its key", async () => {
  const document = (await openApiDocument("1")) as {
    openapi: string;
    paths: Record<
      string,
      Record<string, { operationId: string; security?: unknown; responses: object; requestBody?: unknown }>
    >;
  };
  expect(document.openapi).toMatch(/^3\.1/);
  for (const [name, route] of Object.entries(ROUTES as Readonly<Record<string, Route>>)) {
    const operation = document.paths[route.path.replaceAll(/:(\w+)/g, "{$1}")]?.[route.method.toLowerCase()];
    expect(operation?.operationId).toBe(name);
    expect(operation?.security === undefined).toBe(route.access.of === "open");
    expect(Object.keys(operation!.responses)).toEqual(expect.arrayContaining(Object.keys(route.answers)));
    if (route.access.of !== "open")
      expect(Object.keys(operation!.responses)).toEqual(expect.arrayContaining(["401", "403", "404"]));
    expect(operation?.requestBody !== undefined).toBe(route.body !== undefined);
  }
});

test("the operator's exceptions are a tenant's as far as it lists their hosts", () => {
  const exceptions = ["127.0.0.1:9000", "[::1]:80", "db.internal:5432", "a.b.internal:1"];
  expect(matchesPrivate(["127.0.0.1"], exceptions)).toEqual(["127.0.0.1:9000"]);
  expect(matchesPrivate(["*.internal"], exceptions)).toEqual(["db.internal:5432", "a.b.internal:1"]);
  expect(matchesPrivate(["::1"], exceptions)).toEqual(["[::1]:80"]);
  expect(matchesPrivate(["api.example.com"], exceptions)).toEqual([]);
});

describe("events", () => {
  interface Source {
    readonly changes: (options: { after?: string; signal?: AbortSignal }) => AsyncIterable<Change>;
    readonly lastCursor: () => Promise<string>;
    push(count: number): void;
    fail: boolean;
  }
  const change = (n: number): Change =>
    ({
      cursor: String(n),
      type: "handed_off",
      at: "",
      tenant: n % 2 === 0 ? "even" : "odd",
      conversationId: `c${n}`,
      epoch: 0,
      intentId: `i${n}`,
    }) as unknown as Change;

  /** A store of changes that can go away. */
  function source(): Source {
    const all: Change[] = [];
    const self: Source = {
      fail: false,
      push(count) {
        for (let at = 0; at < count; at += 1) all.push(change(all.length + 1));
      },
      lastCursor: async () => String(all.length),
      async *changes({ after = "0", signal }) {
        const over = (): boolean => signal?.aborted === true;
        for (let at = Number(after); !over();) {
          if (self.fail) throw new Error("away");
          if (at < all.length) yield all[at++]!;
          else await new Promise((resolve) => setTimeout(resolve, 2));
        }
      },
    };
    return self;
  }
  async function take(stream: AsyncGenerator<Change>, count: number): Promise<string[]> {
    const seen: string[] = [];
    while (seen.length < count) seen.push((await stream.next()).value.cursor as string);
    return seen;
  }
  const range = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, at) => String(from + at));

  test("reach a hundred listeners whole and in order, those that come back, those that are slow, and over an outage", async () => {
    const store = source();
    store.push(50);
    const events = createEvents(store, 20);
    const stop = new AbortController();
    const follow = (after: string | null, tenant: string | null = null) =>
      events.follow({ tenant, after, signal: stop.signal });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const live = Array.from({ length: 100 }, () => follow(null));
    const firsts = live.map((one) => take(one, 10));
    const back = take(follow("13"), 47);
    const odd = take(follow("40", "odd"), 5);
    await new Promise((resolve) => setTimeout(resolve, 20));
    store.push(10);
    for (const seen of await Promise.all(firsts)) expect(seen).toEqual(range(51, 60));
    expect(await back).toEqual(range(14, 60));
    expect(await odd).toEqual(["41", "43", "45", "47", "49"]);
    store.fail = true;
    await new Promise((resolve) => setTimeout(resolve, 20));
    // More than the ring holds, while nothing reads.
    store.push(100);
    store.fail = false;
    expect(await take(live[0]!, 100)).toEqual(range(61, 160));
    expect(await take(live[1]!, 100)).toEqual(range(61, 160));
    stop.abort();
    events.close();
  });
});

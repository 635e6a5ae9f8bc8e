/** What the service costs beside the library that it serves, in the same process and the same minute: `npm run bench -- --only service`. */
import { Agent, request as httpRequest } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHandoffs } from "../delivery/index.ts";
import { createRuntime, type Runtime } from "../runtime/index.ts";
import { createService, type Service, type ServiceOptions } from "../service/index.ts";
import { load, type Orders } from "./service-client.ts";
import { startPostgres } from "../test/delivery/postgres-server.ts";

export const KEY = "the-key-of-the-bench";
const SOURCE = `export function execute_action(context: any) { return { total: context.args.items.length }; }`;
const CONTEXT = { conversation: { id: "c1", latestChannel: "chat" }, args: { items: [1, 2, 3] } };
const agent = (): Agent => new Agent({ keepAlive: true, maxSockets: 64 });

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export class Http {
  readonly #agent = agent();
  readonly #url: string;
  constructor(url: string) {
    this.#url = url;
  }
  send(method: string, path: string, body?: unknown, key = KEY): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = httpRequest(new URL(path, this.#url), {
        method,
        agent: this.#agent,
        headers: {
          authorization: `Bearer ${key}`,
          ...(text === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        },
      });
      sent.on("response", (response) => {
        let answer = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: answer }));
      });
      sent.on("error", reject);
      sent.end(text);
    });
  }
  close(): void {
    this.#agent.destroy();
  }
}

export interface Bed {
  readonly folder: string;
  readonly service: Service;
  readonly http: Http;
  readonly library: Runtime;
  execute(tenant?: string): Promise<Answer>;
  /** Clients in a process of their own; rejects where one was not answered with 200. */
  load(of: Omit<Orders, "port" | "key" | "context">): Promise<number[]>;
  direct(): Promise<unknown>;
  close(): Promise<void>;
}

/** The service and, beside it, a runtime on a store of its own of the same kind. */
export async function openBed(options: ServiceOptions = {}): Promise<Bed> {
  const folder = mkdtempSync(join(tmpdir(), "baton-bench-service-"));
  const service = await createService({ port: 0, data: folder, adminKey: KEY, logLevel: "error", ...options });
  const http = new Http(await service.listen());
  const handoffs = await openHandoffs({ store: `sqlite:${join(folder, "library.db")}` });
  const library = await createRuntime({ handoffs });
  await http.send("PUT", "/v1/tenants/acme", {});
  await http.send("POST", "/v1/tenants/acme/deployments", { actions: { a: { source: SOURCE } } });
  const bed: Bed = {
    folder,
    service,
    http,
    library,
    execute: (tenant = "acme") => http.send("POST", `/v1/tenants/${tenant}/actions/a/executions`, { context: CONTEXT }),
    async load(of) {
      const { samples, statuses } = await load({
        ...of,
        port: Number(new URL(service.url).port),
        key: KEY,
        context: CONTEXT,
      });
      if (Object.keys(statuses).some((status) => status !== "200"))
        throw new Error(`Answers: ${JSON.stringify(statuses)}.`);
      return [...samples];
    },
    direct: () => library.execute({ action: { source: SOURCE }, context: CONTEXT, tenant: "acme" }),
    async close() {
      http.close();
      await library.close();
      await handoffs.close();
      await service.close({ drainMs: 0 });
      rmSync(folder, { recursive: true, force: true });
    },
  };
  for (let round = 0; round < 50; round += 1) {
    const { status } = await bed.execute();
    if (status !== 200) throw new Error(`The service answered ${status}.`);
    await bed.direct();
  }
  return bed;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Calls a second that `callers` in a row each make. */
export async function rateOf(work: () => Promise<unknown>, callers: number, ms: number): Promise<number> {
  const begun = performance.now();
  let done = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - begun < ms) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return (done * 1000) / (performance.now() - begun);
}

/** What is made before anything is measured. */
async function atOnce(count: number, work: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) await work(at);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

export interface Registered {
  readonly startMs: number;
  readonly residentMiB: number;
}

/** A service that starts on a store with so many tenants of three actions each. */
export async function startRegistered(tenants: number): Promise<Registered> {
  const folder = mkdtempSync(join(tmpdir(), "baton-bench-registered-"));
  const options = { port: 0, data: folder, adminKey: KEY, logLevel: "error" } as const;
  const first = await createService(options);
  const http = new Http(await first.listen());
  const actions = Object.fromEntries(["a", "b", "c"].map((name) => [name, { source: `${SOURCE} // ${name}` }]));
  await atOnce(tenants, async (at) => {
    await http.send("PUT", `/v1/tenants/t${at}`, {});
    await http.send("POST", `/v1/tenants/t${at}/deployments`, { actions });
  });
  http.close();
  await first.close({ drainMs: 0 });
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const begun = performance.now();
  const second = await createService(options);
  const again = new Http(await second.listen());
  for (let at = 0; at < tenants; at += 1) await again.send("GET", `/v1/tenants/t${at}`);
  const startMs = performance.now() - begun;
  const residentMiB = Math.max(0, process.memoryUsage.rss() - before) / 2 ** 20;
  again.close();
  await second.close({ drainMs: 0 });
  rmSync(folder, { recursive: true, force: true });
  return { startMs, residentMiB };
}

/** How long after the answer to `PUT …/live` three nodes on PostgreSQL all answer by that version. */
export async function rollbackVisible(rounds: number): Promise<number[]> {
  const database = await startPostgres();
  const secretsKey = `k1:${Buffer.alloc(32, 5).toString("base64")}`;
  const folders = [0, 1, 2].map(() => mkdtempSync(join(tmpdir(), "baton-bench-node-")));
  const services = await Promise.all(
    folders.map((data) =>
      createService({ port: 0, data, store: database.url(), secretsKey, adminKey: KEY, logLevel: "error" }),
    ),
  );
  const nodes: Http[] = [];
  for (const service of services) nodes.push(new Http(await service.listen()));
  const [first] = nodes as [Http];
  await first.send("PUT", "/v1/tenants/acme", {});
  for (const version of [1, 2])
    await first.send("POST", "/v1/tenants/acme/actions/a/versions", { source: `${SOURCE} // ${version}` });
  const seen = async (node: Http, version: number): Promise<void> => {
    for (;;) {
      const { body } = await node.send("POST", "/v1/tenants/acme/actions/a/executions", { context: CONTEXT });
      if ((JSON.parse(body) as { version?: number }).version === version) return;
    }
  };
  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const version = (round % 2) + 1;
    await first.send("PUT", "/v1/tenants/acme/actions/a/live", { version });
    samples.push(await timed(() => Promise.all(nodes.map((node) => seen(node, version)))));
  }
  for (const node of nodes) node.close();
  await Promise.all(services.map((service) => service.close({ drainMs: 0 })));
  await database.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  return samples.slice(2);
}

/** A service with so many keys, and how long a request by a key that it has not seen takes. */
export async function withKeys(bed: Bed, count: number, asked: number): Promise<number[]> {
  const keys: string[] = [];
  await atOnce(count, async () => {
    const { body } = await bed.http.send("POST", "/v1/keys", { tenant: "acme", scopes: ["read"] });
    if (keys.length < asked) keys.push((JSON.parse(body) as { key: string }).key);
  });
  const samples: number[] = [];
  for (const key of keys) samples.push(await timed(() => bed.http.send("GET", "/v1/tenants/acme", undefined, key)));
  return samples;
}

export interface Heard {
  /** Milliseconds from the request of a hand-off to its event, at each listener. */
  readonly samples: number[];
  readonly expected: number;
}

/** So many listeners of a tenant's events, and hand-offs while they listen. */
export async function withListeners(bed: Bed, listeners: number, handoffs: number): Promise<Heard> {
  await bed.http.send("PUT", "/v1/tenants/heard", {});
  const source = `export function execute_action(c: any) { return hand_off_conversation(c).success; }`;
  await bed.http.send("POST", "/v1/tenants/heard/deployments", { actions: { a: { source } } });
  const asked = new Map<string, number>();
  const samples: number[] = [];
  const open = Array.from({ length: listeners }, () => listen(bed.service.url, asked, samples));
  await Promise.all(open.map(({ connected }) => connected));
  for (let at = 0; at < handoffs; at += 1) {
    const id = `heard-${at}`;
    asked.set(id, performance.now());
    const context = { conversation: { id, latestChannel: "chat" }, args: {} };
    await bed.http.send("POST", "/v1/tenants/heard/actions/a/executions", { context });
  }
  const expected = listeners * handoffs;
  for (let round = 0; samples.length < expected && round < 200; round += 1)
    await new Promise((resolve) => setTimeout(resolve, 25));
  for (const { close } of open) close();
  return { samples, expected };
}

function listen(url: string, asked: ReadonlyMap<string, number>, samples: number[]) {
  const up = Promise.withResolvers<void>();
  const request = httpRequest(new URL("/v1/tenants/heard/events", url), {
    headers: { authorization: `Bearer ${KEY}` },
  });
  request.on("response", (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      up.resolve();
      text += chunk;
      for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
        const id =
          /"type":"handed_off".*"conversationId":"(heard-\d+)"|"conversationId":"(heard-\d+)".*"type":"handed_off"/s.exec(
            text.slice(0, end),
          );
        text = text.slice(end + 2);
        const begun = asked.get(id?.[1] ?? id?.[2] ?? "");
        if (begun !== undefined) samples.push(performance.now() - begun);
      }
    });
    response.on("error", () => {});
  });
  request.on("error", up.reject);
  request.end();
  return { connected: up.promise, close: () => void request.destroy() };
}

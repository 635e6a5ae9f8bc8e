/** A running service for tests: in this process, on a free port, with a small client that shows status, headers and body. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdToDocument } from "./held-to-document.ts";
import { createService, type Service, type ServiceOptions } from "../../service/index.ts";

export const SECRETS_KEY = `k1:${Buffer.alloc(32, 3).toString("base64")}`;
export const ADMIN = "an-admin-key-of-the-tests";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- what a test expects of it is the test
  readonly body: any;
  readonly text: string;
}

export interface Ask {
  readonly key?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type Call = (method: string, path: string, ask?: Ask) => Promise<Reply>;

export function caller(url: () => string): Call {
  return async (method, path, { key = ADMIN, body, headers = {}, signal } = {}) => {
    const response = await fetch(new URL(path, url()), {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    const text = await response.text();
    const mediaType = (response.headers.get("content-type") ?? "").split(";", 1)[0]!.trim();
    const answer = mediaType.endsWith("json") && text !== "" ? (JSON.parse(text) as unknown) : text;
    await holdToDocument({ method, path, status: response.status, mediaType, body: answer });
    return { status: response.status, headers: response.headers, text, body: answer };
  };
}

export interface Running extends AsyncDisposable {
  readonly service: Service;
  readonly url: string;
  readonly folder: string;
  readonly log: string[];
  readonly call: Call;
  /** A key of this tenant, or of all. */
  key(scopes: readonly string[], tenant?: string): Promise<string>;
  /** Puts an action of one file live. */
  live(tenant: string, action: string, source: string): Promise<number>;
  execute(tenant: string, action: string, body: object, headers?: Readonly<Record<string, string>>): Promise<Reply>;
}

export async function startService(options: ServiceOptions = {}): Promise<Running> {
  const folder = options.data ?? mkdtempSync(join(tmpdir(), "baton-service-"));
  const log: string[] = [];
  const service = await createService({
    port: 0,
    data: folder,
    adminKey: ADMIN,
    // Nodes of one store share a key; a folder of its own would make another.
    ...(options.store === undefined ? {} : { secretsKey: SECRETS_KEY }),
    logLevel: "info",
    logTo: { write: (line) => void log.push(line) },
    ...options,
  });
  await service.listen();
  const call = caller(() => service.url);
  return {
    service,
    url: service.url,
    folder,
    log,
    call,
    async key(scopes, tenant) {
      const made = await call("POST", "/v1/keys", { body: { scopes, ...(tenant === undefined ? {} : { tenant }) } });
      return made.body.key as string;
    },
    async live(tenant, action, source) {
      const base = `/v1/tenants/${tenant}/actions/${action}`;
      const made = await call("POST", `${base}/versions`, { body: { source } });
      if (made.status > 201) throw new Error(`It does not compile: ${made.text}`);
      const { version } = made.body as { version: number };
      const set = await call("PUT", `${base}/live`, { body: { version } });
      if (set.status !== 200) throw new Error(`It is not live: ${set.text}`);
      return version;
    },
    execute: (tenant, action, body, headers = {}) =>
      call("POST", `/v1/tenants/${tenant}/actions/${action}/executions`, { body, headers }),
    async [Symbol.asyncDispose]() {
      await service.close({ drainMs: 0 });
      if (options.data === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const chat = (id: string, args: object = {}): object => ({
  context: { conversation: { id, latestChannel: "chat" }, args },
});
export const phone = (id: string, args: object = {}): object => ({
  context: {
    conversation: { id, latestChannel: "phone", call: { id: `CA${"0".repeat(32)}`, provider: "twilio" } },
    args,
  },
});

/** Asks again until it holds; the bound is far from what it takes. */
export async function until<T>(ask: () => Promise<T | null | undefined | false>, ms = 120_000): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await ask();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error("It did not come to be in time.");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

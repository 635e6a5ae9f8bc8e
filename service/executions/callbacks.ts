/** Sends the ends of asynchronous executions to where their callers asked for them, signed like the tenant's webhooks, until it is taken. */
import { clientFor, sendThrough } from "../../delivery/providers/egress-send.ts";
import { sign } from "../../delivery/providers/signature.ts";
import type { ServiceLog } from "../log.ts";
import { startLoop } from "../loop.ts";
import { signingSecrets } from "../providers/sealing.ts";
import type { Registry } from "../registry.ts";
import type { DueCallback } from "../store/operations/runs.ts";
import type { ServiceStore } from "../store/store.ts";

export interface Callbacks {
  /** There may be something to send. */
  look(): void;
  close(): Promise<void>;
}

export interface CallbacksOptions {
  readonly store: ServiceStore;
  readonly registry: Registry;
  readonly privateHosts: readonly string[];
  readonly now: () => number;
  readonly log: ServiceLog;
}

const POLL_MS = 1_000;
const LEASE_MS = 30_000;
const TIMEOUT_MS = 10_000;
const AT_ONCE = 16;
const MAX_ATTEMPTS = 12;

export function startCallbacks(options: CallbacksOptions): Callbacks {
  const { store, now, log } = options;
  const out = new Set<Promise<void>>();

  async function round(): Promise<void> {
    const limit = AT_ONCE - out.size;
    if (limit <= 0) return;
    for (const due of await store.run("leaseCallbacks", { now: now(), until: now() + LEASE_MS, limit })) {
      const work = sendOne(options, due)
        .catch((error: unknown) =>
          log.warn(
            { tenant: due.tenant, executionId: due.executionId, error: String(error) },
            "a callback was not settled",
          ),
        )
        .finally(() => out.delete(work));
      out.add(work);
    }
  }
  const loop = startLoop(POLL_MS, round);
  return {
    look: () => loop.look(),
    async close() {
      await loop.close();
      await Promise.allSettled(out);
    },
  };
}

async function sendOne({ store, registry, privateHosts, now }: CallbacksOptions, due: DueCallback): Promise<void> {
  const { tenant: name, executionId, attempts } = due;
  const settle = (status: "delivered" | "dead" | "waiting", code: string | null, nextAt: number): Promise<void> =>
    store.run("settleCallback", { tenant: name, executionId, attempts, status, code, nextAt });
  const tenant = await registry.tenant(name);
  const secrets = tenant === null ? [] : signingSecrets(tenant);
  if (secrets.length === 0) return settle("dead", "callback_unsigned", now());
  const code = await post(due, secrets, privateHosts, now());
  if (code === null) return settle("delivered", null, now());
  const passing = !/^callback_4(?!08|25|29)/.test(code);
  if (!passing || attempts >= MAX_ATTEMPTS) return settle("dead", code, now());
  return settle("waiting", code, now() + Math.min(3_600_000, 1000 * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2));
}

/** Null where the other side took it. */
async function post(
  due: DueCallback,
  secrets: readonly string[],
  privateHosts: readonly string[],
  now: number,
): Promise<string | null> {
  const { tenant, executionId, action, version, outcome, settledAt } = due;
  const id = `execution:${executionId}`;
  const body = JSON.stringify({
    specversion: "1.0",
    id,
    source: `/baton/${encodeURIComponent(tenant)}`,
    type: "baton.execution.settled",
    subject: executionId,
    time: new Date(settledAt).toISOString(),
    datacontenttype: "application/json",
    data: { tenant, executionId, action, version, outcome: outcome === null ? null : (JSON.parse(outcome) as unknown) },
  });
  const client = clientFor(new URL(due.url), privateHosts);
  try {
    const { status } = await sendThrough(client)({
      method: "POST",
      url: due.url,
      headers: {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": "baton-runtime",
        ...sign(id, Math.floor(now / 1000), body, secrets),
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return status >= 200 && status < 300 ? null : `callback_${status}`;
  } catch {
    return "callback_no_answer";
  } finally {
    await client.close();
  }
}

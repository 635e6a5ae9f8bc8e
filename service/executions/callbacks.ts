/** Sends the ends of asynchronous executions to where their callers asked for them, signed like the tenant's webhooks, until it is taken. */
import { createHash } from "node:crypto";
import { isUnreached, type DeliveryResult } from "../../delivery/provider.ts";
import { clientFor, sendThrough } from "../../delivery/providers/egress-send.ts";
import { sign } from "../../delivery/providers/signature.ts";
import { isHopeless } from "../../delivery/providers/transport.ts";
import { deliveryResult } from "../../delivery/providers/webhook.ts";
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
const MAX_PAUSE_MS = 3_600_000;
/** A receiver's `Retry-After` is heeded up to a day, and all of it for as long as an outage over a weekend lasts. */
const MAX_ASKED_MS = 24 * 3_600_000;
const FOR_MS = 3 * 24 * 3_600_000;

export function startCallbacks(options: CallbacksOptions): Callbacks {
  const { store, now, log } = options;
  const out = new Set<Promise<void>>();
  const closing = new AbortController();

  async function round(): Promise<void> {
    const limit = AT_ONCE - out.size;
    if (limit <= 0) return;
    for (const due of await store.run("leaseCallbacks", { now: now(), until: now() + LEASE_MS, limit })) {
      const work = sendOne(options, due, closing.signal)
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
      // A receiver that does not answer must not hold the node: another sends it again.
      closing.abort();
      await Promise.allSettled(out);
    },
  };
}

async function sendOne(options: CallbacksOptions, due: DueCallback, closing: AbortSignal): Promise<void> {
  const { store, registry, privateHosts, now, log } = options;
  const { tenant: name, executionId, attempts } = due;
  const tenant = await registry.tenant(name);
  const secrets = tenant === null ? [] : signingSecrets(tenant);
  const unsigned: DeliveryResult = { type: "dead", code: "callback_unsigned" };
  const result = secrets.length === 0 ? unsigned : await post(due, { secrets, privateHosts, now: now(), closing });
  const next = nextOf(result, attempts, due.settledAt, now());
  await store.run("settleCallback", { tenant: name, executionId, attempts, ...next });
  if (next.status !== "dead") return;
  log.warn(
    { tenant: name, executionId, code: next.code, attempts },
    "a callback was given up: its receiver was not reached, or refused it",
  );
}

interface Next {
  readonly status: "delivered" | "dead" | "waiting";
  readonly code: string | null;
  readonly nextAt: number;
}

/** Pauses that double up to an hour; longer where the receiver asks for it, as long as that is before the end. */
function nextOf(result: DeliveryResult, attempts: number, settledAt: number, now: number): Next {
  if (result.type === "delivered") return { status: "delivered", code: null, nextAt: now };
  const { code } = result;
  if (result.type === "dead") return { status: "dead", code, nextAt: now };
  const own = Math.min(MAX_PAUSE_MS, 1000 * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2);
  const nextAt = Math.ceil(now + Math.max(own, Math.min(result.afterMs ?? 0, MAX_ASKED_MS)));
  return nextAt - settledAt > FOR_MS ? { status: "dead", code, nextAt: now } : { status: "waiting", code, nextAt };
}

interface Posting {
  readonly secrets: readonly string[];
  readonly privateHosts: readonly string[];
  readonly now: number;
  readonly closing: AbortSignal;
}

async function post(due: DueCallback, { secrets, privateHosts, now, closing }: Posting): Promise<DeliveryResult> {
  const { tenant, executionId, action, version, outcome, settledAt } = due;
  const id = messageId(due);
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
    const answer = await sendThrough(client)({
      method: "POST",
      url: due.url,
      headers: {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": "baton-runtime",
        ...sign(id, Math.floor(now / 1000), body, secrets),
      },
      body,
      signal: AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    return deliveryResult(answer, now, "callback");
  } catch (error) {
    if (!isUnreached(error)) return { type: "retry", code: "callback_no_answer" };
    const code = `callback_unreached_${error.code.toLowerCase()}`;
    return { type: isHopeless(error.code) ? "dead" : "retry", code };
  } finally {
    await client.close();
  }
}

/**
 * The same at each attempt, and no other end's: an execution id is its tenant's own and may be used again. Its caller chose its characters, of which a dot
 * would part what is signed in another place.
 */
function messageId({ tenant, executionId, settledAt }: DueCallback): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([tenant, executionId, settledAt]))
    .digest("base64url");
  return `execution_${digest.slice(0, 32)}`;
}

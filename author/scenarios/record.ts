/**
 * Makes a scenario of a run over the real network: what it was given, what it was answered, and what came of it. The values of secrets are
 * taken out of all of it. A log of exchanges listens before the network; what is written is a scenario like any other, to be read and cut.
 */
import { Readable } from "node:stream";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { mayDecodeBrotli } from "../../base/brotli.ts";
import type { Secrets, Transport } from "../../host-api/fetch/index.ts";
import type { Outcome } from "../../runtime/outcome.ts";
import type { Json } from "../../sandbox/index.ts";
import { hider, observed } from "./requests.ts";
import type { SentRequest } from "./requests.ts";
import type { CannedAnswer, Scenario } from "./scenario.ts";

interface Taken {
  readonly request: SentRequest;
  answer: CannedAnswer;
}

export interface ExchangeLog {
  /** The same network, listened to. */
  through(network: Transport): Transport;
  /** What was sent and answered, in the order of the requests. */
  readonly exchanges: readonly { readonly request: SentRequest; readonly answer: CannedAnswer }[];
}

const MAX_BODY = 4 * 1024 * 1024;
/** Of one connection or one moment, or said by the body itself. */
export const LEFT_OUT = new Set([
  ...[
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-encoding",
    "content-length",
    "date",
    "set-cookie",
    "server",
  ],
  ...["alt-svc", "strict-transport-security", "report-to", "nel", "expect-ct", "via", "age", "cf-ray"],
]);

export function createExchangeLog(secrets: Secrets): ExchangeLog {
  const hide = hider(secrets);
  const exchanges: Taken[] = [];
  return {
    exchanges,
    through(network) {
      let request: SentRequest;
      const listening = observed(network, secrets, (sent) => (request = sent));
      return {
        async exchange(exchange) {
          const waiting = listening.exchange(exchange);
          const place = { method: request.method, url: request.url, times: 1 };
          const taken: Taken = { request, answer: place };
          exchanges.push(taken);
          try {
            const answered = await waiting;
            const { status } = answered;
            const headers = Object.fromEntries(
              answered.headers
                .map(([name, value]) => [name.toLowerCase(), hide(value)] as const)
                .filter(([name]) => !LEFT_OUT.has(name)),
            );
            taken.answer = { ...place, status, headers };
            const coding = answered.headers.find(([name]) => name.toLowerCase() === "content-encoding")?.[1] ?? "";
            const body = listenTo(answered.body, (bytes) => {
              taken.answer = { ...place, status, ...bodyOf(decoded(bytes, coding), headers, hide) };
            });
            return { ...answered, body };
          } catch (error) {
            taken.answer = { ...place, error: hide(error instanceof Error ? error.message : String(error)) };
            throw error;
          }
        },
        destroy: () => listening.destroy(),
      };
    },
  };
}

/** The same bytes; reported whole, when their reader has read or left them. */
function listenTo(body: Readable, onEnd: (bytes: Buffer) => void): Readable {
  const chunks: Buffer[] = [];
  let size = 0;
  async function* pass(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of body) {
        const bytes = Buffer.from(chunk as Uint8Array);
        size += bytes.length;
        if (size <= MAX_BODY) chunks.push(bytes);
        yield bytes;
      }
    } finally {
      onEnd(Buffer.concat(chunks));
      body.destroy();
    }
  }
  return Readable.from(pass(), { objectMode: false });
}

function decoded(bytes: Buffer, coding: string): Buffer {
  try {
    switch (coding.trim().toLowerCase()) {
      case "gzip":
      case "x-gzip":
        return gunzipSync(bytes);
      case "deflate":
        return inflateSync(bytes);
      case "br":
        if (!mayDecodeBrotli()) return bytes;
        return brotliDecompressSync(bytes);
      default:
        return bytes;
    }
  } catch {
    return bytes;
  }
}

export function bodyOf(bytes: Buffer, headers: Record<string, string>, hide: (text: string) => string) {
  let text: string;
  try {
    text = hide(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return { headers, base64: bytes.toString("base64") };
  }
  const { "content-type": type = "", ...rest } = headers;
  if (/\bjson\b/.test(type)) {
    try {
      const json = JSON.parse(text) as Json;
      return { ...(type === "application/json" ? named(rest) : { headers }), json };
    } catch {
      // Sent as JSON, and none: as text, then.
    }
  }
  return { headers, ...(text === "" ? {} : { body: text }) };
}

const named = (headers: Record<string, string>) => (Object.keys(headers).length === 0 ? {} : { headers });

export interface Recorded {
  readonly action: string;
  readonly context: Json | string;
  readonly environment: Scenario["environment"];
  readonly now: string;
  readonly seed: string;
  readonly alreadyHandedOff: boolean;
  readonly secrets: Secrets;
  readonly exchangeLog: ExchangeLog;
  readonly outcome: Outcome;
}

/** The scenario of a run, without anything that a secret's value stands in. */
export function scenarioOf(recorded: Recorded): Scenario {
  const { action, context, environment, now, seed, alreadyHandedOff, secrets, exchangeLog, outcome } = recorded;
  const scenario: Scenario = {
    action,
    context: context as Scenario["context"],
    ...(environment !== "production" && { environment }),
    now,
    seed,
    ...(alreadyHandedOff && { host: { handedOff: true } }),
    ...(exchangeLog.exchanges.length > 0 && { http: exchangeLog.exchanges.map(({ answer }) => answer) }),
    expect: expectationOf(outcome, exchangeLog),
  };
  return hidden(scenario as Json, hider(secrets)) as Scenario;
}

function expectationOf(outcome: Outcome, { exchanges }: ExchangeLog): NonNullable<Scenario["expect"]> {
  const { status, handoff, returnValue, returnValueDiscarded, warnings, error, intents } = outcome;
  return {
    status: status as "returned",
    handoff:
      handoff === null
        ? null
        : { kind: handoff.kind, reason: handoff.reason, phoneDestination: handoff.phoneDestination },
    ...(returnValue !== undefined && { returnValue: literal(returnValue) }),
    ...(returnValueDiscarded && { returnValueDiscarded }),
    ...(intents.length > 1 && { intents: intents.map(({ kind, reason, verdict }) => ({ kind, reason, verdict })) }),
    ...(warnings.length > 0 && { warnings: warnings.map(({ code }) => code) }),
    ...(error !== undefined && { error: { code: error.code, message: error.message } }),
    requests: exchanges.map(({ request }) => requestOf(request)),
  };
}

function requestOf({ method, url, body }: SentRequest) {
  if (body === "") return { method, url };
  try {
    return { method, url, json: literal(JSON.parse(body) as Json) };
  } catch {
    return { method, url, body };
  }
}

/** What would read as a matcher is to be taken as it is. */
function literal(value: Json): Json {
  return JSON.stringify(value).includes('"$') ? { $exact: value } : value;
}

function hidden(value: Json, hide: (text: string) => string): Json {
  if (typeof value === "string") return hide(value);
  if (Array.isArray(value)) return value.map((each: Json) => hidden(each, hide));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hidden(each as Json, hide)]));
}

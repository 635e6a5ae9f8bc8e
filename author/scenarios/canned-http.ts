/**
 * A scenario's answers to HTTP requests, in the place of the network. Everything before the network stays real: the policy, limits, redirects
 * and secrets. A request that no answer is for fails, and is remembered: it is a mistake of the scenario, whatever the action makes of it.
 */
import { STATUS_CODES } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { EgressError } from "../../host-api/fetch/index.ts";
import type { Exchange, RawResponse, Transport } from "../../host-api/fetch/index.ts";
import { matchesUrl } from "./requests.ts";
import type { CannedAnswer } from "./scenario.ts";

export interface CannedHttp extends Transport {
  /** Requests that no answer was for, such as `GET https://api.example.com/orders/1`. */
  readonly unanswered: readonly string[];
}

export function cannedHttp(answers: readonly CannedAnswer[]): CannedHttp {
  const unanswered: string[] = [];
  const left = answers.map((answer) => ({ answer, times: answer.times ?? Number.POSITIVE_INFINITY }));
  return {
    unanswered,
    async exchange(exchange) {
      const found = left.find(({ answer, times }) => times > 0 && isFor(answer, exchange));
      const asked = `${exchange.method} ${exchange.url.href}`;
      if (found === undefined) {
        unanswered.push(asked);
        throw new EgressError("EGRESS_NETWORK", `the scenario has no answer for ${asked}`);
      }
      found.times -= 1;
      const { delayMs, error } = found.answer;
      if (delayMs !== undefined) await waitFor(delayMs, exchange.signal);
      if (error !== undefined) throw new EgressError("EGRESS_NETWORK", error);
      return respond(found.answer);
    },
    async destroy() {},
  };
}

function isFor({ method, url }: CannedAnswer, exchange: Exchange): boolean {
  if (method !== undefined && method.toUpperCase() !== exchange.method.toUpperCase()) return false;
  return matchesUrl(url, exchange.url.href);
}

function respond({ status = 200, headers = {}, body, json, base64 }: CannedAnswer): RawResponse {
  const text = json === undefined ? (body ?? "") : JSON.stringify(json);
  const bytes = base64 === undefined ? Buffer.from(text) : Buffer.from(base64, "base64");
  const own = Object.entries(headers);
  const hasType = own.some(([name]) => name.toLowerCase() === "content-type");
  const type = json === undefined ? "text/plain;charset=UTF-8" : "application/json";
  return {
    status,
    statusText: STATUS_CODES[status] ?? "",
    headers: hasType ? own : [...own, ["content-type", type] as const],
    body: Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false }),
  };
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {
    throw signal.reason instanceof EgressError
      ? signal.reason
      : new EgressError("EGRESS_ABORTED", "the request was aborted");
  });
}

/** `fetch`: asks the host for one request and reads its body piece by piece. A refusal is a `TypeError` with the code of the rule. */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import type { RunData } from "../fetch/prelude.ts";
import { joinBytes } from "../bytes.ts";
import { Body, closeBytes, contentIn, takeBytes } from "../fetch/body.ts";
import type { ByteController, Content } from "../fetch/body.ts";
import { Headers } from "../fetch/headers.ts";
import { isIntact } from "../fetch/integrity.ts";
import { outgoingHeaders } from "../fetch/outgoing.ts";
import { Request } from "../fetch/request.ts";
import { Response, receivedResponse } from "../fetch/response.ts";
import { shaped } from "../idl.ts";
import { web } from "../fetch/web.ts";
import type { Stream } from "../fetch/web.ts";

interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: readonly [string, string][];
  readonly done: boolean;
}
interface Failure {
  readonly code: string;
  readonly message: string;
  /** What Node's own fetch would have for a cause. */
  readonly cause?: { readonly name: string; readonly message: string; readonly [field: string]: unknown };
}
interface Answer<T> {
  readonly value: T & { readonly error?: Failure };
  readonly bytes?: Uint8Array;
}

const NO_BODY = [204, 205, 304];

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the calls of one run
export default function part(bridge: Bridge, data: () => RunData): Record<string, unknown> {
  let calls = 0;
  for (const holder of [Request, Response]) mixIn(holder.prototype);
  // The mixin is no class of the standard's, and has no name that an action could see.
  Object.defineProperty(Body, "name", { value: "" });
  const classes = shaped(
    { Headers, Request, Response },
    { Headers: 0, Request: 1, Response: 0, "Response.json": 1, "Headers.forEach": 1 },
  );
  const ask = async <T>(
    name: string,
    args: unknown,
    bytes?: Uint8Array,
    isOurs?: () => boolean,
  ): Promise<Answer<T>> => {
    const answer = (await bridge.callAsync(name, JSON.stringify(args), bytes, isOurs)) as Answer<T>;
    if (answer.value?.error) throw failure(answer.value.error, name === "fetch.read" ? "terminated" : "fetch failed");
    return answer;
  };

  async function send(request: Request): Promise<Response> {
    const { signal } = request;
    if (signal.aborted) throw signal.reason;
    if (calls >= data().fetchCalls) throw refusal("EGRESS_CALLS", `more than ${data().fetchCalls} requests in one run`);
    const id = ++calls;
    const body = contentIn(request) === null ? undefined : await takeBytes(request);
    if (body && body.length > data().requestBytes) {
      throw refusal("EGRESS_REQUEST_BODY", `the request's body is over ${data().requestBytes} bytes`);
    }
    const args = {
      id,
      url: request.url,
      method: request.method,
      headers: outgoingHeaders(request),
      redirect: request.redirect,
    };
    const ending = Promise.withResolvers<never>();
    ending.promise.catch(() => {});
    let finished = false;
    const cancel = (): void => {
      if (finished) return;
      finished = true;
      void ask("fetch.cancel", { id }, undefined, () => true).catch(() => {});
    };
    const onAbort = (): void => {
      ending.reject(signal.reason);
      cancel();
    };
    if (signal.aborted) throw signal.reason;
    signal.addEventListener("abort", onAbort, { once: true });
    const first = await Promise.race([ask<Head>("fetch.send", args, body, () => finished), ending.promise]);
    const read = async (): Promise<{ bytes: Uint8Array; done: boolean }> => {
      const { value, bytes } = await Promise.race([
        ask<{ done: boolean }>("fetch.read", { id }, undefined, () => finished),
        ending.promise,
      ]);
      return { bytes: bytes ?? new Uint8Array(), done: value.done };
    };
    return respond(request, first, read, cancel, () => (finished = true));
  }

  return {
    // No async function, and of one parameter, as libraries find it elsewhere.
    // oxlint-disable-next-line typescript/no-useless-default-assignment
    fetch: function fetch(input: unknown, init: unknown = undefined): Promise<Response> {
      const given = arguments.length;
      const begin = async (): Promise<Response> => {
        if (given === 0) throw new TypeError("fetch needs an argument");
        return send(new Request(input, init));
      };
      return begin();
    },
    ...classes,
  };
}

async function respond(
  request: Request,
  first: Answer<Head>,
  read: () => Promise<{ bytes: Uint8Array; done: boolean }>,
  cancel: () => void,
  finish: () => void,
): Promise<Response> {
  const { status, statusText, url, redirected, headers, done } = first.value;
  const hidden = request.method === "HEAD" || NO_BODY.includes(status);
  const bytes = (first.bytes ?? new Uint8Array()) as Uint8Array<ArrayBuffer>;
  if (done) finish();
  if (request.integrity !== "") {
    const whole = hidden ? null : await readWhole(bytes, done, read, finish);
    if (whole === null || !(await isIntact(whole, request.integrity)))
      throw new TypeError("fetch failed", { cause: new Error("integrity mismatch") });
    const intact = { source: whole, stream: null, type: null };
    return receivedResponse(status, { statusText, headers }, { type: "basic", url, redirected }, intact);
  }
  const content: Content | null = hidden
    ? null
    : done
      ? { source: bytes, stream: null, type: null }
      : { source: null, stream: streamFrom(bytes, read, cancel, finish), type: null };
  return receivedResponse(status, { statusText, headers }, { type: "basic", url, redirected }, content);
}

async function readWhole(
  begun: Uint8Array<ArrayBuffer>,
  isWhole: boolean,
  read: () => Promise<{ bytes: Uint8Array; done: boolean }>,
  finish: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [begun];
  for (let ended = isWhole; !ended;) {
    const piece = await read();
    pieces.push(piece.bytes);
    ended = piece.done;
  }
  finish();
  return joinBytes(pieces);
}

function streamFrom(
  begun: Uint8Array,
  read: () => Promise<{ bytes: Uint8Array; done: boolean }>,
  cancel: () => void,
  finish: () => void,
): Stream {
  let next: Uint8Array | null = begun.length > 0 ? begun : null;
  return new web.ReadableStream(
    {
      type: "bytes",
      async pull(controller: ByteController) {
        let ended = false;
        while (next === null && !ended) {
          const piece = await read();
          ended = piece.done;
          if (piece.bytes.length > 0) next = piece.bytes;
        }
        if (next !== null) controller.enqueue(next);
        next = null;
        if (!ended) return;
        finish();
        closeBytes(controller);
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
}

/** Libraries look for the members of a body, and put their own, on the classes themselves. */
function mixIn(prototype: object): void {
  const { constructor: _, ...members } = Object.getOwnPropertyDescriptors(Body.prototype);
  for (const [name, member] of Object.entries(members)) {
    if (!Object.hasOwn(prototype, name)) Object.defineProperty(prototype, name, member);
  }
  Object.setPrototypeOf(prototype, Object.prototype);
}

/** A failure of the network reads as in Node, because libraries look at that before they try again; our code stands beside it. */
function failure({ code, message, cause }: Failure, asInNode: string): TypeError {
  if (cause === undefined) return refusal(code, message);
  const { name, message: text, ...fields } = cause;
  const inner = new Error(text);
  const put = (key: string, value: unknown, enumerable: boolean): void => {
    Object.defineProperty(inner, key, { value, enumerable, configurable: true, writable: true });
  };
  if (name !== "Error") put("name", name, false);
  for (const key of Object.keys(fields)) put(key, fields[key], true);
  const error = refusal(code, asInNode);
  Object.defineProperty(error, "cause", { value: inner, enumerable: false, configurable: true, writable: true });
  return error;
}

function refusal(code: string, message: string): TypeError {
  const error = new TypeError(message, { cause: { code, message } });
  Object.defineProperty(error, "code", { value: code, enumerable: true, configurable: true, writable: true });
  return error;
}

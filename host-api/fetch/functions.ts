/**
 * Host functions that the guest's `fetch` calls: send a request, read its body piece by piece, give it up. Refusals are answered as values, so the
 * guest's half can throw them with their code; nothing that goes in holds a secret's value.
 */
import { z } from "zod";
import { NO_REDACTION } from "../secrets/redact.ts";
import type { Redactor } from "../secrets/redact.ts";
import type { RunRedaction } from "../secrets/run-redaction.ts";
import type { HeldSecrets } from "../secrets/secrets.ts";
import type { EgressClient, EgressRequest, EgressResponse } from "./client.ts";
import type { FetchLimits } from "./limits.ts";
import { nodeCause } from "./node-cause.ts";
import type { Target } from "./policy.ts";
import { createPump } from "./pump.ts";
import type { Piece, Pump } from "./pump.ts";
import { EgressError } from "./refusal.ts";

/** One entry of the table of host functions, as the sandbox takes it. */
export interface FetchFunction {
  readonly mode: "async";
  readonly budget: number;
  handle(call: {
    args: unknown;
    bytes?: Uint8Array;
    signal: AbortSignal;
  }): Promise<{ value: FetchAnswer; bytes?: Uint8Array }>;
}

export type FetchAnswer = null | { readonly [key: string]: Answer };
type Answer = null | boolean | number | string | readonly Answer[] | { readonly [key: string]: Answer };

export interface FetchRun {
  readonly client: EgressClient;
  readonly held: HeldSecrets;
  readonly redaction: RunRedaction;
  readonly limits: FetchLimits;
}

interface Call {
  readonly ending: AbortController;
  pump: Pump | null;
  /** The servers that answered, redirects included. */
  readonly answered: Target[];
  /** For the answer of the last of them. */
  redactor: Redactor;
}

/** Bodies up to this size, where they are there at once, come with the head of the response. */
const INLINE_BYTES = 64 * 1024;
const INLINE_PATIENCE_MS = 3;
const PIECE_BYTES = 128 * 1024;
/** Pieces that may be read in one run; each carries at least one byte, and as many as have arrived. */
const READS = 20_000;

const idSchema = z.int().min(1).max(1_000_000);
const sendSchema = z.strictObject({
  id: idSchema,
  url: z.string(),
  method: z.string().max(64),
  headers: z.array(z.tuple([z.string(), z.string()])).max(1_000),
  redirect: z.enum(["follow", "error", "manual"]),
});
const readSchema = z.strictObject({ id: idSchema });

export function fetchFunctions(run: FetchRun): Record<string, FetchFunction> {
  const calls = new Map<number, Call>();
  const turns = createTurns(run.limits.concurrent);
  const find = (args: unknown): Call | undefined => calls.get(readSchema.parse(args).id);
  return {
    "fetch.send": {
      mode: "async",
      budget: run.limits.calls,
      async handle({ args, bytes, signal }) {
        const request = sendSchema.parse(args);
        const call: Call = { ending: new AbortController(), pump: null, answered: [], redactor: NO_REDACTION };
        return answering(run, call, async () => {
          if (calls.has(request.id)) throw new EgressError("EGRESS_CALLS", "this request was sent already");
          calls.set(request.id, call);
          checkPlaces(run.held, request.url, bytes);
          const either = AbortSignal.any([signal, call.ending.signal]);
          const sent = { ...request, ...(bytes === undefined ? {} : { body: bytes }), signal: either };
          return turns(either, () => send(run, call, sent));
        });
      },
    },
    "fetch.read": {
      mode: "async",
      budget: READS,
      handle: ({ args }) => {
        const call = find(args);
        return answering(run, call, async () => {
          if (!call?.pump) return { value: { done: true } };
          const piece: Piece = await call.pump.take(PIECE_BYTES);
          return { value: { done: piece.done }, bytes: piece.bytes };
        });
      },
    },
    "fetch.cancel": {
      mode: "async",
      budget: run.limits.calls,
      async handle({ args }) {
        find(args)?.ending.abort();
        return { value: null };
      },
    },
  };
}

async function send(run: FetchRun, call: Call, request: EgressRequest) {
  const response = await run.client.request({
    ...request,
    limits: run.limits,
    secrets: run.held,
    onAnswer(target) {
      call.answered.push(target);
      call.redactor = run.redaction.answered(target);
    },
    // A server on the way may have passed what it knows on to the last one.
    mayPassCoded: () => run.redaction.ofAll(call.answered).isIdle,
  });
  call.pump = createPump(redacted(response, call.redactor), isLost);
  const piece = await call.pump.take(INLINE_BYTES, INLINE_PATIENCE_MS);
  // Each server on the way had a part in the address that was reached.
  const ofAddress = run.redaction.ofAll(call.answered);
  return { value: { ...head(response, call.redactor, ofAddress), done: piece.done }, bytes: piece.bytes };
}

async function answering<T>(
  run: FetchRun,
  call: Call | undefined,
  work: () => Promise<T>,
): Promise<T | { value: FetchAnswer }> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    const redactor = run.redaction.ofAll(call?.answered ?? []);
    const cause = nodeCause(error);
    const message = redactor.head(error.message);
    if (cause === null) return { value: { error: { code: error.code, message } } };
    const clean = Object.entries(cause).map(([key, value]) => [
      key,
      typeof value === "string" ? redactor.head(value) : value,
    ]);
    return { value: { error: { code: error.code, message, cause: Object.fromEntries(clean) as FetchAnswer } } };
  }
}

function head(response: EgressResponse, redactor: Redactor, ofAddress: Redactor): { readonly [key: string]: Answer } {
  return {
    status: response.status,
    statusText: redactor.head(response.statusText),
    url: ofAddress.url(response.url),
    redirected: response.redirected,
    headers: response.headers.map(([name, value]) => [redactor.head(name), redactor.url(value)]),
  };
}

/** The head had come: it is the body that does not come to its end, or cannot be decompressed. A coding that is not read at all has no cause. */
const isLost = (error: unknown): boolean =>
  error instanceof EgressError &&
  (error.code === "EGRESS_NETWORK" || (error.code === "EGRESS_ENCODING" && error.cause !== undefined));

async function* redacted(response: EgressResponse, redactor: Redactor): AsyncGenerator<Uint8Array, void, undefined> {
  if (redactor === NO_REDACTION) return yield* response.body;
  const filter = redactor.stream();
  for await (const chunk of response.body) {
    const clean = filter.push(chunk);
    if (clean.byteLength > 0) yield clean;
  }
  const rest = filter.end();
  if (rest.byteLength > 0) yield rest;
}

function checkPlaces(held: HeldSecrets, url: string, body: Uint8Array | undefined): void {
  const inBody =
    body !== undefined && held.holds(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1"));
  if (!inBody && !held.holds(url)) return;
  throw new EgressError(
    "EGRESS_SECRET_PLACE",
    `secrets work in request headers only, not in the ${inBody ? "body" : "URL"}`,
  );
}

/** At most `most` at once; the others wait for their turn, in order. */
function createTurns(most: number): <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let busy = 0;
  return async (signal, work) => {
    if (busy >= most) await new Promise<void>((go) => queue.push(go));
    else busy += 1;
    try {
      if (signal.aborted) throw new EgressError("EGRESS_ABORTED", "the request was aborted");
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) busy -= 1;
      else next();
    }
  };
}

/**
 * The bodies of requests: JSON, or a form where a carrier posts one. A key's holder, or a stranger before any signature was looked at, decides what
 * stands in them, and all tenants share the thread that reads them.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Json } from "../base/json.ts";
import { parseJson } from "../base/large-json/read.ts";
import { sizeOf } from "../base/large-json/size.ts";
import { createSlices } from "../base/slices.ts";
import { ProblemError } from "./fault.ts";

/** What a route says of its body. */
export interface BodyConfig {
  readonly bytes: number;
  /** Schemas look at each value, and write down what is wrong with each of them. */
  readonly values: number;
  /** The body is handed over as the text that came. */
  readonly raw: boolean;
  readonly form: boolean;
  /** Where a context stands in it. */
  readonly contextAt: readonly string[] | null;
}

/** Of a path that says nothing else. */
export const ORDINARY_BODY: BodyConfig = {
  bytes: 1024 * 1024,
  values: 2_000,
  raw: false,
  form: false,
  contextAt: null,
};

/** A carrier's report has some dozen fields. */
const FORM_BYTES = 64 * 1024;
/** A body in chunks of a few bytes costs more to take in than to read. */
const TINY_BYTES = 16;
const MAX_TINY = 4_096;

/** Nothing at all is no body, whatever its type says. `bounds` has the bytes that a request may have, where its tenant's limits say so. */
export function readBodies(app: FastifyInstance, bounds: WeakMap<FastifyRequest, number>): void {
  const configOf = ({ routeOptions }: FastifyRequest): BodyConfig => ({
    ...ORDINARY_BODY,
    ...(routeOptions.config as Partial<BodyConfig>),
  });
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.addContentTypeParser("application/x-www-form-urlencoded", async (request: FastifyRequest, payload: IncomingMessage) => {
    const text = await readText(request, payload, FORM_BYTES);
    if (configOf(request).form) return Object.fromEntries(new URLSearchParams(text));
    if (text !== "") throw new ProblemError(415, "MEDIA_TYPE", "Send the body as application/json.");
    return undefined;
  });
  app.addContentTypeParser("application/json", async (request: FastifyRequest, payload: IncomingMessage) => {
    const config = configOf(request);
    const text = await readText(request, payload, config.bytes, bounds.get(request));
    if (text === "") return undefined;
    return config.raw ? text : readJson(text, config);
  });
} // prettier-ignore

/** JSON is UTF-8, and a body comes as it is: read as anything else, what a customer said would be other than what was sent. */
function refuseCoded({
  "content-type": type = "",
  "content-encoding": coding = "identity",
}: IncomingHttpHeaders): void {
  if (!/^identity$/i.test(coding))
    throw new ProblemError(415, "MEDIA_TYPE", "Send the body without a Content-Encoding.");
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(type)?.[1] ?? "utf-8";
  if (!/^(?:utf-?8|us-ascii)$/i.test(charset))
    throw new ProblemError(415, "MEDIA_TYPE", "Send the body as application/json in UTF-8.");
}

/** Chunk by chunk: what is too long is refused as soon as that is seen, and decoding it whole would take long. */
async function readText(
  request: FastifyRequest,
  payload: IncomingMessage,
  most: number,
  bound = Infinity,
): Promise<string> {
  refuseCoded(request.headers);
  const refusal = (bytes: number): ProblemError | null => {
    if (bytes > bound) return tooLarge("The body is larger than the tenant's contextBytes allow.");
    return bytes > most ? tooLarge("The body is larger than this path takes.") : null;
  };
  const announced = refusal(Number(request.headers["content-length"] ?? 0));
  if (announced !== null) throw announced;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const pieces: string[] = [];
  let bytes = 0;
  let tiny = 0;
  return new Promise((resolve, reject) => {
    const end = (error: Error | null): void => {
      payload.off("data", take).off("end", finish).off("error", fail);
      if (error === null) resolve(pieces.join(""));
      else reject(error);
    };
    /** Nothing: the end of the body, where half a character is none. */
    const decode = (chunk?: Buffer): boolean => {
      try {
        pieces.push(decoder.decode(chunk, { stream: chunk !== undefined }));
        return true;
      } catch {
        end(new ProblemError(400, "REQUEST_INVALID", "The request is not valid: its body is not UTF-8."));
        return false;
      }
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      const refused = refusal(bytes);
      if (refused !== null) return end(refused);
      if (chunk.length < TINY_BYTES && ++tiny > MAX_TINY) {
        end(new ProblemError(400, "REQUEST_INVALID", "The request is not valid: its body comes in too many chunks."));
        return void request.raw.socket.destroy();
      }
      decode(chunk);
      return undefined;
    };
    const finish = (): void => {
      if (decode()) end(null);
    };
    const fail = (error: Error): void => end(Object.assign(error, { statusCode: 400 }));
    payload.on("data", take).on("end", finish).on("error", fail);
  });
}

async function readJson(text: string, { contextAt, values }: BodyConfig): Promise<Json> {
  const read = await parsed(text);
  const rest = contextAt === null ? read : without(read, contextAt);
  if (sizeOf(rest, { values, chars: Infinity }).values > values)
    throw tooLarge(`The body has more than ${values} values${contextAt === null ? "" : " beside its context"}.`);
  return read;
}

async function parsed(text: string): Promise<Json> {
  try {
    return await parseJson(text, createSlices({ isSpent: true }));
  } catch {
    const message = "Body is not valid JSON but content-type is set to 'application/json'";
    const errors = [{ path: "body", message }];
    throw new ProblemError(400, "REQUEST_INVALID", `The request is not valid: ${message}`, { errors });
  }
}

/** The same with nothing in that place. */
function without(value: Json | undefined, [key, ...rest]: readonly string[]): Json | undefined {
  if (key === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const fields = value as Readonly<Record<string, Json>>;
  return Object.hasOwn(fields, key) ? ({ ...fields, [key]: without(fields[key], rest) } as Json) : value;
}

const tooLarge = (detail: string): ProblemError => new ProblemError(413, "BODY_TOO_LARGE", detail);

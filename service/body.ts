/**
 * The bodies of requests: JSON, or a form where a carrier posts one. A key's holder, or a stranger before any signature was looked at, decides what
 * stands in them, and all tenants share the thread that reads them.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Json } from "../base/json.ts";
import { parseJson } from "../base/large-json/read.ts";
import { sizeOf } from "../base/large-json/size.ts";
import { createSlices } from "../base/slices.ts";
import { ProblemError } from "./fault.ts";

/** What a route says of its body. */
export interface BodyConfig {
  /** The body is handed over as the text that came. */
  readonly raw: boolean;
  readonly form: boolean;
  /** Where a context stands in it. */
  readonly contextAt: readonly string[] | null;
}

/** Schemas look at each value, and write down what is wrong with each of them. Tenants' lists of numbers are the most that a body is made of. */
const VALUES = 25_000;
/** A carrier's report has some dozen fields. */
const FORM_BYTES = 64 * 1024;

/** Nothing at all is no body, whatever its type says. `bounds` has the characters that a request may have, where its tenant's limits say so. */
export function readBodies(app: FastifyInstance, bounds: WeakMap<FastifyRequest, number>): void {
  const configOf = (request: FastifyRequest): BodyConfig => request.routeOptions.config as unknown as BodyConfig;
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string", bodyLimit: FORM_BYTES }, (request, body, done) => {
    if (configOf(request).form) return done(null, Object.fromEntries(new URLSearchParams(String(body))));
    if (body === "") return done(null);
    return done(new ProblemError(415, "MEDIA_TYPE", "Send the body as application/json."));
  });
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    const { raw, contextAt } = configOf(request);
    // Many megabytes that no run would take are not even parsed.
    if (body.length > (bounds.get(request) ?? Infinity)) done(tooLarge("The body is larger than the tenant's contextBytes allow."));
    else if (raw) done(null, body);
    else if (body === "") done(null);
    else readJson(String(body), contextAt).then((read) => done(null, read), done);
  });
} // prettier-ignore

async function readJson(text: string, contextAt: readonly string[] | null): Promise<Json> {
  const read = await parsed(text);
  const rest = contextAt === null ? read : without(read, contextAt);
  if (sizeOf(rest, { values: VALUES, chars: Infinity }).values > VALUES)
    throw tooLarge(`The body has more than ${VALUES} values${contextAt === null ? "" : " beside its context"}.`);
  return read;
}

async function parsed(text: string): Promise<Json> {
  try {
    return await parseJson(text, createSlices());
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

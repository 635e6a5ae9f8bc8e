/** The HTTP server, made from the table of routes: who asks, what is asked for, the handler, and every error as a problem. */
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { randomUUID } from "node:crypto";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import { jsonText } from "../base/large-json/write.ts";
import { ORDINARY_BODY, readBodies, type BodyConfig } from "./body.ts";
import { permit, type Auth, type Caller } from "./auth.ts";
import { notFound, ProblemError } from "./fault.ts";
import { HANDLERS } from "./handlers/index.ts";
import type { Answer, Call, Handler } from "./handlers/handler.ts";
import { SILENT_MS } from "./health.ts";
import { querySchema, refuseRepeated } from "./known-parts.ts";
import type { Parts } from "./parts.ts";
import { boundPipelining } from "./pipelining.ts";
import { problemOf, toProblemError } from "./problem.ts";
import { ROUTES } from "./routes/index.ts";
import { tenantName } from "./routes/parts.ts";
import type { Route } from "./routes/route.ts";
import { serveConsole } from "./serve-console.ts";
import type { Tenant } from "./tenant.ts";

export interface ServerOptions {
  readonly parts: Parts;
  readonly auth: Auth;
}

interface Asked {
  caller: Caller | null;
  tenant: Tenant | null;
}

const EVENTS = "text/event-stream";
/** Of a conversation's id of 1,000 characters, each of which is three bytes, and each of them `%XX`. */
const PARAMETER_LENGTH = 9_000;
const { bytes: BODY_BYTES } = ORDINARY_BODY;
const SMALL_BODY = 64 * 1024;
const REQUEST_MS = 300_000;
/** White space and what is asked for beside the context: what is a little too large ends as an outcome. */
const BESIDE_CONTEXT = 1024 * 1024;

export function createServer({ parts, auth }: ServerOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    trustProxy: true,
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES,
    routerOptions: { maxParamLength: PARAMETER_LENGTH },
    // An action's context may have keys of any name; it is data, and nothing of ours is made of it.
    onProtoPoisoning: "ignore",
    onConstructorPoisoning: "ignore",
    forceCloseConnections: "idle",
    // For a request to arrive whole; how long it is answered is another matter.
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: 72_000,
    // What is no request at all never reaches a route, and is a problem like every other.
    frameworkErrors: (error, request, reply) => void answerProblem(parts, error, request, reply),
    clientErrorHandler: (error, socket) => refuseBytes(parts, error, socket),
  });
  boundPipelining(app.server);
  app.setValidatorCompiler((route) => {
    const validate = validatorCompiler(route as Parameters<typeof validatorCompiler>[0]);
    // What was not sent comes as null, which no optional body would be.
    return (value) => validate(route.httpPart === "body" ? (value ?? undefined) : value);
  });
  const bounds = new WeakMap<FastifyRequest, number>();
  readBodies(app, bounds);
  app.setErrorHandler((error, request, reply) => answerProblem(parts, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(pathOf(request.url));
    if (allowed.length === 0) return answerProblem(parts, notFound("path"), request, reply);
    const detail = `This path is asked with ${allowed.join(" or ")}.`;
    return answerProblem(
      parts,
      new ProblemError(405, "METHOD_NOT_ALLOWED", detail),
      request,
      reply.header("allow", allowed.join(", ")),
    );
  });
  for (const [name, route] of Object.entries(ROUTES as Readonly<Record<string, Route>>))
    addRoute(app, { parts, auth, bounds }, name, route);
  serveConsole(app, parts, auth);
  app.addHook("onResponse", async (request, reply) => logAnswer(parts, request, reply));
  return app;
}

/** What stands before the query, of whatever was asked for: it need not be an address that can be read. */
const pathOf = (asked: string): string => asked.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, "").split("?", 1)[0] || "/";

const SHAPES = Object.values(ROUTES as Readonly<Record<string, Route>>).map(({ method, path }) => ({
  method,
  shape: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`),
}));

const methodsOf = (path: string): string[] =>
  SHAPES.filter(({ shape }) => shape.test(path)).flatMap(({ method }) =>
    method === "GET" ? ["GET", "HEAD"] : [method],
  );

interface Serving extends ServerOptions {
  /** Characters that the body of a request may have, where its tenant's limits say so. */
  readonly bounds: WeakMap<FastifyRequest, number>;
}

function addRoute(app: FastifyInstance, { parts, auth, bounds }: Serving, name: string, route: Route): void {
  const handler = HANDLERS[name as keyof typeof HANDLERS] as unknown as Handler<Route>;
  const asked = new WeakMap<FastifyRequest, Asked>();
  const query = querySchema(route);
  app.route({
    method: route.method === "GET" ? ["GET", "HEAD"] : route.method,
    url: route.path,
    schema: {
      ...(route.params ? { params: route.params } : {}),
      ...(query ? { querystring: query } : {}),
      ...(route.headers ? { headers: route.headers.loose() } : {}),
      ...(route.body ? { body: route.body } : {}),
    },
    config: { name, ...bodyConfig(route) },
    exposeHeadRoute: false,
    ...(route.bodyBytes === undefined ? {} : { bodyLimit: route.bodyBytes }),
    // Before the body is read: what a stranger sends is not even parsed.
    onRequest: async (request, reply) => {
      refuseRepeated(request.raw.rawHeaders);
      const found = await identify(parts, auth, route, request);
      asked.set(request, found);
      reply.raw.once("close", holdBody(parts, found, request, route));
      if (found.tenant !== null && route.contextAt !== undefined)
        bounds.set(request, contextBytesOf(parts, found.tenant) + BESIDE_CONTEXT);
    },
    handler: async (request, reply) => {
      const { caller, tenant } = asked.get(request) ?? { caller: null, tenant: null };
      // A stream has no end whose length a head could give: its head is that there would be one.
      if (request.method === "HEAD" && route.media === EVENTS) return reply.code(200).type(EVENTS).send();
      const call = callOf(parts, request, reply, caller, tenant);
      const answer = await handler(parts, call);
      leaveConnection(parts, reply);
      return send(reply, answer);
    },
  });
}

/** Until the request is answered. What is small is bounded by the queues. */
function holdBody(
  { underWay }: Parts,
  { caller, tenant }: Asked,
  { headers }: FastifyRequest,
  route: Route,
): () => void {
  const { "content-length": given, "transfer-encoding": encoding } = headers;
  const bytes = encoding === undefined ? Number(given ?? 0) : (route.bodyBytes ?? BODY_BYTES);
  if (!(bytes > SMALL_BODY)) return () => {};
  return underWay.hold(tenant?.name ?? caller?.tenant ?? (caller === null ? "of strangers" : "of the operator"), bytes);
}

const bodyConfig = ({ rawBody, bodyMedia, contextAt, bodyBytes, bodyValues }: Route): BodyConfig => ({
  bytes: bodyBytes ?? BODY_BYTES,
  values: bodyValues ?? ORDINARY_BODY.values,
  raw: rawBody ?? false,
  form: bodyMedia !== undefined,
  contextAt: contextAt ?? null,
});

function contextBytesOf({ baseLimits }: Parts, { settings }: Tenant): number {
  return settings.limits?.contextBytes ?? baseLimits.contextBytes ?? BODY_BYTES;
}

async function identify(parts: Parts, auth: Auth, route: Route, request: FastifyRequest): Promise<Asked> {
  const { access } = route;
  if (access.of === "open") return { caller: null, tenant: null };
  if (parts.registry.silentMs() > SILENT_MS) {
    throw new ProblemError(503, "STORE_UNAVAILABLE", "The store does not answer; nothing was done.", { retryAfter: 1 });
  }
  const caller = await auth.identify(request);
  const name = (request.params as { tenant?: string }).tenant;
  permit(access, caller, name);
  // What is no name at all is not asked of the store.
  if (access.of === "tenant" && !tenantName.safeParse(name).success) throw notFound("tenant");
  const { intent } = request.params as { intent?: string };
  if (access.of === "own" && caller.tenant !== null && intent !== undefined) {
    const entry = await parts.handoffs.outbox.show(intent);
    if (entry?.tenant !== caller.tenant) throw notFound("transfer");
  }
  if (access.of !== "tenant" || name === undefined) return { caller, tenant: null };
  const tenant = await parts.registry.tenant(name);
  if (tenant === null) throw notFound("tenant");
  return { caller, tenant };
}

function callOf(
  parts: Parts,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller | null,
  tenant: Tenant | null,
): Call<Route> {
  const { params, query, headers, body } = request;
  return {
    params, query, headers, body, caller, tenant, log: parts.log, requestId: request.id,
    // Most handlers never ask: the listener is made when one does.
    get hungUp() {
      const controller = new AbortController();
      reply.raw.once("close", () => {
        if (!reply.raw.writableFinished) controller.abort();
      });
      if (reply.raw.destroyed) controller.abort();
      return controller.signal;
    },
    get url() {
      return new URL(request.url, parts.publicUrl() ?? `${request.protocol}://${request.host}`).href;
    },
    header(name) {
      const value = headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
  } as Call<Route>; // prettier-ignore
}

/** A client that keeps its connection would ask a node that is being stopped until the very end. */
function leaveConnection(parts: Parts, reply: FastifyReply): void {
  if (parts.draining()) reply.header("connection", "close");
}

async function send(reply: FastifyReply, answer: Answer): Promise<unknown> {
  const { status, body, headers = {}, stream, response } = answer;
  if (response !== undefined) return reply.send(response);
  reply.code(status).headers(headers);
  if (stream !== undefined) return reply.send(Readable.from(stream, { objectMode: false }));
  if (body === undefined) return reply.send();
  if (typeof body === "string") return reply.send(body);
  // An outcome, or a page of many, can be long.
  return reply.type("application/json; charset=utf-8").send(await jsonText(body));
}

function answerProblem(parts: Parts, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblemError(error);
  const { status, code, extras } = problem;
  if (status === 500) {
    const { name, stack } = Error.isError(error) ? error : { name: typeof error, stack: undefined };
    parts.log.error({ requestId: request.id, error: name, stack }, "a request met a fault of the service");
  }
  if (status === 429 || status === 503 || status === 504) parts.metrics.refused(code);
  if (status === 401) reply.header("www-authenticate", 'Bearer realm="baton"');
  if (extras.retryAfter !== undefined) reply.header("retry-after", String(extras.retryAfter));
  leaveConnection(parts, reply);
  reply.code(status).type("application/problem+json; charset=utf-8");
  return reply.send(JSON.stringify(problemOf(problem, request.id)));
}

const NO_REQUEST: Readonly<Record<string, readonly [status: number, line: string, code: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large", "HEADERS_TOO_LARGE", "The headers are larger than a request may have."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "REQUEST_TIMEOUT", "The request did not arrive in time."],
}; // prettier-ignore
const NOT_HTTP = [400, "Bad Request", "REQUEST_INVALID", "This is not an HTTP request."] as const;

/** Bytes that the HTTP parser cannot read: there is no request to answer, only a connection to answer on. */
function refuseBytes(parts: Parts, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, line, code, detail] = NO_REQUEST[error.code ?? ""] ?? NOT_HTTP;
  const requestId = randomUUID();
  parts.log.info({ requestId, status, code }, "refused what is no request");
  const body = JSON.stringify(problemOf(new ProblemError(status, code, detail), requestId));
  const head = `HTTP/1.1 ${status} ${line}\r\nconnection: close\r\ncontent-type: application/problem+json; charset=utf-8\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function logAnswer(parts: Parts, request: FastifyRequest, reply: FastifyReply): void {
  const { name = "none" } = request.routeOptions.config as { name?: string };
  const seconds = reply.elapsedTime / 1000;
  parts.metrics.answered(name, reply.statusCode, seconds);
  if (!parts.log.isLevelEnabled("info") || name === "livez" || name === "readyz" || name === "metrics") return;
  const { tenant } = (request.params ?? {}) as { tenant?: string };
  const key = request.headers["idempotency-key"];
  parts.log.info(
    {
      requestId: request.id,
      route: name,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(tenant === undefined ? {} : { tenant }),
      ...(typeof key === "string" ? { executionId: key } : {}),
    },
    "request",
  );
}

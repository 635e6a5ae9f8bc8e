/** The OpenAPI 3.1 document, made from the table of routes; the parts that make it are read when it is first asked for. */
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { ROUTES } from "../routes/index.ts";
import type { Route } from "../routes/route.ts";

let made: Promise<object> | null = null;
let written: Promise<string> | null = null;

export function openApiDocument(version: string): Promise<object> {
  return (made ??= makeDocument(version));
}

/** Written once: anybody may ask for it. */
export function openApiText(version: string): Promise<string> {
  return (written ??= openApiDocument(version).then((document) => JSON.stringify(document)));
}

/** By RFC 9457: a problem may have more members than these, and a client passes over them. */
const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe("A code of the catalogue, see docs/errors.md."),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    retryAfter: z.number().optional().describe("Seconds, as in the header Retry-After."),
    diagnostics: z.array(z.unknown()).optional().describe("Why an action does not compile."),
  })
  .describe("application/problem+json");

async function makeDocument(version: string): Promise<object> {
  const [{ fastify }, { default: swagger }, zodTypes] = await Promise.all([
    import("fastify"),
    import("@fastify/swagger"),
    import("fastify-type-provider-zod"),
  ]);
  const app: FastifyInstance = fastify();
  app.setValidatorCompiler(zodTypes.validatorCompiler);
  app.setSerializerCompiler(zodTypes.serializerCompiler);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Baton",
        version,
        description: "Actions of support bots, executed in walled isolates; hand-offs to humans that are not lost.",
      },
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
    },
    transform: zodTypes.jsonSchemaTransform,
  });
  for (const [operationId, route] of Object.entries(ROUTES as Readonly<Record<string, Route>>)) {
    app.route({
      method: route.method,
      url: route.path,
      schema: schemaOf(operationId, route),
      handler: async () => null,
    });
  }
  await app.ready();
  const document = app.swagger() as unknown as Made;
  await app.close();
  for (const route of Object.values(ROUTES as Readonly<Record<string, Route>>)) leaveBodiesOut(document, route);
  return document;
}

interface Described {
  readonly description: string;
  readonly content?: Record<string, object>;
}
interface Made {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Record<string, Described> }>>>>;
}

/** An answer without a body has no media type. */
function leaveBodiesOut({ paths }: Made, { path, method, answers }: Route): void {
  const { responses } = paths[path.replaceAll(/:(\w+)/g, "{$1}")]![method.toLowerCase()]!;
  for (const [status, schema] of Object.entries(answers))
    if (schema === null) responses[status] = { description: responses[status]!.description };
}

/** The statuses that every route with a key may answer with. */
const ALWAYS = [400, 401, 403, 404, 429, 500, 503];
/** And every one that takes a body. */
const OF_BODIES = [413, 415];

function schemaOf(operationId: string, route: Route): object {
  const open = route.access.of === "open";
  const statuses = [...(open ? [] : ALWAYS), ...(route.body ? OF_BODIES : []), ...(route.problems ?? [])];
  const answers = Object.entries(route.answers).map(([status, schema]) => [
    status,
    { description: "", content: { [route.media ?? "application/json"]: { schema: schema ?? z.null() } } },
  ]);
  const problems = [...new Set(statuses)].map((status) => [
    String(status),
    {
      description: "",
      content: {
        "application/problem+json": { schema: problem },
        ...(route.foreign?.includes(status) === true ? { "application/json": { schema: z.unknown() } } : {}),
      },
    },
  ]);
  const scopes = route.access.of === "open" ? "" : ` Scopes: ${route.access.scopes.join(", ")}.`;
  return {
    operationId,
    summary: route.summary,
    description: `${route.summary}.${scopes}`,
    tags: [route.tag],
    ...(open ? {} : { security: [{ key: [] }] }),
    ...(route.params ? { params: route.params } : {}),
    ...(route.query ? { querystring: route.query } : {}),
    ...(route.headers ? { headers: route.headers } : {}),
    ...(route.body ? { body: route.body, consumes: [route.bodyMedia ?? "application/json"] } : {}),
    response: { ...Object.fromEntries(problems), ...Object.fromEntries(answers) },
  };
}

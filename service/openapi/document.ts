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

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe("A code of the catalogue, see docs/errors.md."),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
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
  const document = app.swagger();
  await app.close();
  return document;
}

/** The statuses that every route with a key may answer with. */
const ALWAYS = [400, 401, 403, 404, 429, 500, 503];

function schemaOf(operationId: string, route: Route): object {
  const open = route.access.of === "open";
  const statuses = [...(open ? [] : ALWAYS), ...(route.problems ?? [])];
  const answers = Object.entries(route.answers).map(([status, schema]) => [
    status,
    { description: "", content: { [route.media ?? "application/json"]: { schema: schema ?? z.null() } } },
  ]);
  const problems = [...new Set(statuses)].map((status) => [
    String(status),
    { description: "", content: { "application/problem+json": { schema: problem } } },
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

/**
 * Holds every answer that a test of the service gets to the OpenAPI document: its path, its status, its media type and its body. What the document
 * does not say, a client that was made of it cannot read.
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import * as formats from "ajv-formats";
import { openApiDocument } from "../../service/openapi/document.ts";

interface Described {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Record<string, Described> }>>>>;
  readonly components?: object;
}

export interface Answered {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly mediaType: string;
  readonly body: unknown;
}

/** Paths that the document has nothing of: the console's own, and what is no path at all. */
const PROBLEM = "application/problem+json";
const ajv = new Ajv2020({ strict: false, allErrors: true });
(formats.default as unknown as (made: Ajv2020) => void)(ajv);
const validators = new Map<object, ValidateFunction>();
let shapes: Promise<{ readonly document: Document; readonly paths: readonly [RegExp, string][] }> | null = null;

async function read() {
  const document = (await openApiDocument("test")) as Document;
  const paths = Object.keys(document.paths).map((path): [RegExp, string] => [
    new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
    path,
  ]);
  return { document, paths };
}

/** Throws what a client would trip over. */
export async function holdToDocument({ method, path, status, mediaType, body }: Answered): Promise<void> {
  const { document, paths } = await (shapes ??= read());
  const asked = new URL(path, "http://service.example").pathname;
  const found = paths.find(([shape]) => shape.test(asked))?.[1];
  const operation = found === undefined ? undefined : document.paths[found]![method === "HEAD" ? "get" : method.toLowerCase()];
  const what = `${method} ${path} answered ${status} as ${mediaType}`;
  if (operation === undefined) {
    if (asked.startsWith("/v1/") && (mediaType !== PROBLEM || (status !== 404 && status !== 405 && status !== 400 && status !== 414)))
      throw new Error(`${what}, and the document has no such operation`);
    return;
  }
  const described = operation.responses[String(status)];
  if (described === undefined) throw new Error(`${what}: the document has no such status`);
  if (method === "HEAD" || mediaType === "text/event-stream") return;
  const schema = described.content?.[mediaType]?.schema;
  if (described.content === undefined && body === "") return;
  if (schema === undefined) throw new Error(`${what}: the document has ${Object.keys(described.content ?? {}).join(", ") || "no body"} there`);
  let validate = validators.get(schema);
  if (validate === undefined) {
    validate = ajv.compile({ ...schema, components: document.components });
    validators.set(schema, validate);
  }
  if (!validate(body)) throw new Error(`${what}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(body).slice(0, 500)}`);
} // prettier-ignore

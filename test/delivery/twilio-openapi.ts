/**
 * A Twilio made from the vendor's own description of its API: it takes what is described there (path, method, parameters, form fields,
 * their types and patterns) and nothing else, and answers with the description's own examples. It keeps no calls: twilio-fake.ts does.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Schema {
  readonly type?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, Answer>>;
}
interface Answer {
  readonly content?: {
    readonly "application/json"?: { readonly examples?: Readonly<Record<string, { readonly value: object }>> };
  };
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface DescribedTwilio {
  readonly url: string;
  /** "POST /path/{Template}", for each request that the description allows; "refused: …" for the others. */
  readonly seen: string[];
  /** What the next answers say otherwise than the examples. */
  answer(over: { readonly call?: object; readonly children?: readonly object[] }): void;
  close(): Promise<void>;
}

export async function startDescribedTwilio(file: string): Promise<DescribedTwilio> {
  const api = JSON.parse(readFileSync(file, "utf8")) as Description;
  const seen: string[] = [];
  let over: { readonly call?: object; readonly children?: readonly object[] } = {};
  const server = createServer(async (request, response) => {
    const found = find(api, request);
    const fault = found === null ? "no such path or method" : faultOf(api, found, request, await textOf(request));
    if (found === null || fault !== null) {
      seen.push(`refused: ${fault}`);
      return send(response, 400, { code: 20001, status: 400, message: fault });
    }
    seen.push(`${request.method} ${found.template}`);
    const [status, answer] = Object.entries(found.operation.responses).find(([code]) => code.startsWith("2")) ?? [];
    const example = Object.values(answer?.content?.["application/json"]?.examples ?? {})[0]?.value ?? {};
    const body =
      "calls" in example
        ? { ...example, calls: over.children ?? [], next_page_uri: null }
        : { ...example, ...over.call };
    return send(response, Number(status), body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer(next) {
      over = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

interface Found {
  readonly template: string;
  readonly operation: Operation;
  readonly path: Readonly<Record<string, string>>;
}

function find({ paths }: Description, { method = "", url = "" }: IncomingMessage): Found | null {
  const { pathname } = new URL(url, "http://twilio");
  for (const [template, operations] of Object.entries(paths)) {
    const pattern = template.replaceAll(".", "\\.").replaceAll(/\{([^}]+)\}/g, "(?<$1>[^/.]+)");
    const match = new RegExp(`^${pattern}$`).exec(pathname);
    const operation = operations[method.toLowerCase()];
    if (match !== null && operation !== undefined) return { template, operation, path: { ...match.groups } };
  }
  return null;
}

/** What the description does not allow about this request; null: nothing. */
function faultOf(api: Description, { operation, path }: Found, request: IncomingMessage, body: string): string | null {
  if (!/^Basic [A-Za-z0-9+/]+=*$/.test(request.headers.authorization ?? "")) return "no credentials";
  const query = Object.fromEntries(new URL(request.url ?? "", "http://twilio").searchParams);
  const known = operation.parameters ?? [];
  for (const { name, in: where, required, schema } of known) {
    const value = where === "path" ? path[name] : query[name];
    if (value === undefined ? required : !fits(api, schema, value)) return `parameter ${name}`;
  }
  const strange = Object.keys(query).find((name) => !known.some((each) => each.in === "query" && each.name === name));
  if (strange !== undefined) return `parameter ${strange}`;
  if (body === "") return null;
  const type = (request.headers["content-type"] ?? "").split(";")[0] ?? "";
  const fields = operation.requestBody?.content[type]?.schema.properties;
  if (fields === undefined) return `a body of type ${type}`;
  for (const [name, value] of new URLSearchParams(body)) {
    const schema = fields[name];
    if (schema === undefined || !fits(api, schema, value)) return `field ${name}`;
  }
  return null;
}

function fits(api: Description, schema: Schema, value: string): boolean {
  const {
    type,
    pattern,
    enum: values,
  } = schema.$ref ? (api.components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}) : schema;
  if (type === "integer" && !/^-?\d+$/.test(value)) return false;
  if (pattern !== undefined && !new RegExp(pattern).test(value)) return false;
  return values === undefined || values.includes(value);
}

async function textOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

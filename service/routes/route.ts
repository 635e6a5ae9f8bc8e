/**
 * A route: data. The server, the OpenAPI document, the client, the tools' page and the test that walks every path with every
 * wrong key are all made from the same rows.
 */
import type { z } from "zod";
import type { Scope } from "../tokens.ts";

export type Access =
  /** Without a key; what it answers holds nothing of a tenant. */
  | { readonly of: "open" }
  /** A key of the tenant that the path names, or of all, with one of the scopes. */
  | { readonly of: "tenant"; readonly scopes: readonly Scope[]; readonly mayBeAbsent?: boolean }
  /** A key of all tenants with one of the scopes. */
  | { readonly of: "platform"; readonly scopes: readonly Scope[] }
  /** Any key with one of the scopes; the handler shows it its own tenant's things alone. */
  | { readonly of: "own"; readonly scopes: readonly Scope[] };

export interface Route {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  /** By status: what the body is; null where there is none. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** Statuses at which the body may be JSON in the words of another protocol, and not a problem. */
  readonly foreign?: readonly number[];
  /** Statuses of problems beside those that every route has. */
  readonly problems?: readonly number[];
  readonly bodyBytes?: number;
  /** Values that the body may have beside a context. */
  readonly bodyValues?: number;
  /** Where a context stands in the body, whose size the tenant's limits bound. */
  readonly contextAt?: readonly string[];
  /** The media type of the answer where it is not JSON. */
  readonly media?: string;
  /** The body is handed over as the text that came: a signature covers its bytes. */
  readonly rawBody?: boolean;
  /** The media type of the body where it is not JSON. */
  readonly bodyMedia?: string;
}

export type Routes = Readonly<Record<string, Route>>;

type Out<S> = S extends z.ZodType ? z.output<S> : undefined;
type In<S> = S extends z.ZodType ? z.input<S> : undefined;

export type ParamsOf<R extends Route> = Out<R["params"]>;
export type QueryOf<R extends Route> = Out<R["query"]>;
export type HeadersOf<R extends Route> = Out<R["headers"]>;
export type BodyOf<R extends Route> = Out<R["body"]>;
export type GivenParams<R extends Route> = In<R["params"]>;
export type GivenQuery<R extends Route> = In<R["query"]>;
export type GivenHeaders<R extends Route> = In<R["headers"]>;
export type GivenBody<R extends Route> = In<R["body"]>;
export type AnswerOf<R extends Route> = Out<Exclude<R["answers"][keyof R["answers"]], null>>;

/** Every scope that may look. An administrator may do all. */
export const anyOf = (...scopes: readonly Scope[]): readonly Scope[] => ["admin", ...scopes];

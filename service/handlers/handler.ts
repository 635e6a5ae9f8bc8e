/** Handlers: what a handler is given and what it answers. It knows no HTTP server: the table and server.ts make one of it. */
import type { Caller } from "../auth.ts";
import type { ServiceLog } from "../log.ts";
import type { Parts } from "../parts.ts";
import type { RouteName, RouteTable } from "../routes/index.ts";
import type { BodyOf, HeadersOf, ParamsOf, QueryOf, Route } from "../routes/route.ts";
import type { Tenant } from "../tenant.ts";

export interface Call<R extends Route> {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly headers: HeadersOf<R>;
  readonly body: BodyOf<R>;
  /** Null on paths that are open. */
  readonly caller: Caller | null;
  /** The tenant of the path; null where there is none, or where it need not be there. */
  readonly tenant: Tenant | null;
  readonly requestId: string;
  readonly log: ServiceLog;
  /** Aborted when the caller hangs up before it was answered. */
  readonly hungUp: AbortSignal;
  /** As it was asked for, with its origin as far as that is known. */
  readonly url: string;
  readonly header: (name: string) => string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text that is sent as it comes, in the place of a body. */
  readonly stream?: AsyncIterable<string | Buffer>;
  /** A whole answer of another's making. */
  readonly response?: Response;
}

export type Handler<R extends Route> = (parts: Parts, call: Call<R>) => Promise<Answer>;
export type Handlers<Names extends RouteName = RouteName> = { readonly [N in Names]: Handler<RouteTable[N]> };

export const ok = (body: unknown, headers?: Readonly<Record<string, string>>): Answer =>
  headers === undefined ? { status: 200, body } : { status: 200, body, headers };
export const NO_CONTENT: Answer = { status: 204 };

/** Where the table says that a key is needed, there is a caller. */
export function actorOf({ caller }: { readonly caller: Caller | null }): string {
  return caller?.id ?? "anonymous";
}

/** Where the table says so, the tenant was found before the handler is called. */
export function tenantOf({ tenant }: { readonly tenant: Tenant | null }): Tenant {
  if (tenant === null) throw new Error("The route has no tenant.");
  return tenant;
}

export const iso = (time: number): string => new Date(time).toISOString();
export const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

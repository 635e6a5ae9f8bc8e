/** Types of `pg`: what is used of `pg`, as types of our own: it is an optional dependency, and a pool of the embedder serves as it is. */
export interface PostgresResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** What is used of a connection of `pg`. */
export interface PostgresClient {
  query(query: {
    readonly text: string;
    readonly values: unknown[];
    readonly name?: string;
    readonly types?: object;
    readonly query_timeout?: number;
  }): Promise<PostgresResult>;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  release(broken?: Error | boolean): void;
}

/** What is used of a Pool of `pg`: the embedder's own serves as it is. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  end(): Promise<void>;
  /** As `pg` reports it of its pools. */
  readonly options?: { readonly max?: number };
}

/** The config of a Pool of `pg`, as its documentation has it. */
export interface PostgresConfig {
  readonly connectionString?: string;
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string | (() => string | Promise<string>);
  readonly database?: string;
  readonly ssl?: boolean | object;
  readonly max?: number;
  readonly min?: number;
  readonly maxUses?: number;
  readonly maxLifetimeSeconds?: number;
  readonly idleTimeoutMillis?: number;
  readonly connectionTimeoutMillis?: number;
  readonly query_timeout?: number;
  readonly statement_timeout?: number | false;
  readonly lock_timeout?: number;
  readonly idle_in_transaction_session_timeout?: number;
  readonly application_name?: string;
  readonly options?: string;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelayMillis?: number;
  readonly enableChannelBinding?: boolean;
  readonly stream?: unknown;
}

/** An invocation as the embedding program writes it. */
import type { Secrets } from "../host-api/fetch/index.ts";
import type { Environment } from "../host-api/index.ts";
import type { ActionSource } from "../languages/action.ts";
import type { LimitsInput } from "./limits.ts";

/** One request to execute an action. */
export interface InvocationInput {
  readonly action: ActionSource;
  /** The JSON object that the action receives. */
  readonly context: unknown;
  /** Default "production". Decides hand-offs only. */
  readonly environment?: Environment | undefined;
  /** Whose action it is. Default "default". */
  readonly tenant?: string | undefined;
  /** Tenants of one cordon may share a worker process. By default each tenant has its own. */
  readonly cordon?: string | undefined;
  /** Idempotency key within the tenant. Made up where it is not given. */
  readonly executionId?: string | undefined;
  readonly limits?: LimitsInput | undefined;
  /** JSON Schema that `context.args` must keep to, as `baton schema` prints it; what breaks it ends as `invalid`, `ARGS_INVALID`. */
  readonly argsSchema?: Readonly<Record<string, unknown>> | undefined;
  /** Values that the action uses by placeholder in request headers, each for its own hosts. */
  readonly secrets?: Secrets | undefined;
  /** The clock at the start of the run, ISO 8601. */
  readonly now?: string | undefined;
  /** Makes randomness and time repeatable. */
  readonly seed?: string | undefined;
  /** Cancels the run. */
  readonly signal?: AbortSignal | undefined;
}

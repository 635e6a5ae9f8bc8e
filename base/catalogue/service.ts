/** The codes of the service's problems, and of what keeps it from starting. */
import { type CatalogueSection, entry } from "./entry.ts";

export const service = {
  title: "`baton serve` answers with a problem",
  intro:
    "Every error of the service is `application/problem+json` with one of these codes, or one of those above. Where it says that nothing ran, the same request may be sent again.",
  codes: {
    REQUEST_INVALID: entry("400: a part of the request is not what the path takes.", "Correct what `errors` names."),
    KEY_MISSING: entry("401: no key was sent.", "Send it as `Authorization: Bearer …`."),
    KEY_INVALID: entry("401: there is no such key.", "Check it; keys are shown once."),
    SESSION_OVER: entry("401: the console's session is over.", "Sign in with a key again."),
    KEY_EXPIRED: entry("401: the key's time is over.", "Use another, or have one made."),
    KEY_REVOKED: entry("401: the key was revoked.", "Use another, or have one made."),
    SCOPE_MISSING: entry("403: the key has none of the scopes that the path asks for.", "Use a key that has one."),
    KEY_OF_ONE_TENANT: entry("403: the path is for keys of all tenants.", "Use the tenant's own path, or another key."),
    ORIGIN_FOREIGN: entry(
      "403: a browser's page of another origin asked the MCP endpoint.",
      "Ask from a server, or set `publicUrl` to the address that the page is of.",
    ),
    SIGNATURE_INVALID: entry(
      "403: a callback is not signed by the tenant's account.",
      "Check the tenant's `authToken`, and that `publicUrl` is the address that the provider called.",
    ),
    NOT_FOUND: entry("404: there is no such thing, or it is another tenant's.", "Check the path."),
    ACTION_NOT_LIVE: entry(
      "404: the action has versions and none is live.",
      "Set one with `PUT …/live`, or name a version.",
    ),
    METHOD_NOT_ALLOWED: entry("405: the path is there, and not for this method.", "Use one that `allow` names."),
    NOT_RECORDED: entry(
      "404: the execution is there, and no recording of it.",
      'Ask for one with `"record": true` in the request, or set the tenant\'s `recordings.runs` to `failures` or `all`.',
    ),
    EXECUTION_SETTLED: entry("409: an execution that is over cannot be cancelled.", "Read its outcome."),
    EXECUTION_CANCELLED: entry(
      "The execution was cancelled before it began; nothing ran.",
      "Ask for it again, under a new key.",
    ),
    DEPLOYMENT_CONFLICT: entry(
      "409: the tenant was changed while this was made; nothing was deployed.",
      "Send it again.",
    ),
    IF_MATCH_STALE: entry("412: what is live has changed since it was read.", "Read it again, and decide again."),
    REQUEST_TIMEOUT: entry("408: the request did not arrive in time.", "Send it again."),
    URI_TOO_LONG: entry("414: a part of the path is longer than this service takes.", "Shorten the name or the id."),
    HEADERS_TOO_LARGE: entry("431: the headers are larger than a request may have.", "Send fewer or shorter headers."),
    BODY_TOO_LARGE: entry("413: the body is larger than the path takes.", "Send less."),
    MEDIA_TYPE: entry("415: the body's media type is not taken here.", "Send `application/json`."),
    NOT_COMPILED: entry("422: the version does not compile; nothing was kept.", "Correct what `diagnostics` shows."),
    VERSION_UNKNOWN: entry("422: the action has no such version.", "List its versions."),
    CALLBACK_UNSIGNED: entry(
      "422: the tenant has no webhook whose secrets could sign the callback.",
      "Set `providers.handoffs` to a webhook, or leave `callback` out.",
    ),
    RATE_LIMITED: entry(
      "429: the tenant's `rate.perSecond` is used up; nothing ran.",
      "Wait for `Retry-After` seconds.",
    ),
    DRAINING: entry("503: the node is being stopped; nothing ran.", "Send it again: another node takes it."),
    DEADLINE_PASSED: entry(
      "504: `Baton-Deadline` passed while the run waited; nothing ran.",
      "Allow more, or look at the queue.",
    ),
    INTERNAL_FAULT: entry("500: a fault of the service.", "Look into its log by `requestId`, and report it."),
    SERVICE_CONFIG_INVALID: entry("A setting of the service is not valid; it did not start.", "Correct what is named."),
    TELEMETRY_SDK_MISSING: entry(
      "`telemetry` is set, and the OpenTelemetry SDK is not installed.",
      "`npm install @opentelemetry/sdk-node`.",
    ),
    SECRETS_KEY_INVALID: entry(
      "BATON_SECRETS_KEY is not `id:base64` of 32 bytes.",
      "Make one with `openssl rand -base64 32`.",
    ),
    SECRETS_UNREADABLE: entry(
      "The store holds secrets that none of the given keys opens; the service did not start.",
      "Give the key that sealed them, after the current one.",
    ),
  },
} satisfies CatalogueSection;

/** The codes of requests that did not go out, or whose answer did not come in. */
import { type CatalogueSection, entry } from "./entry.ts";

export const egress = {
  title: "A request of an action is refused, or fails",
  intro:
    "`fetch` rejects with a `TypeError` that carries the code of the rule. An action can catch it; else the run `threw`.",
  codes: {
    EGRESS_NO_POLICY: entry(
      "No egress policy lets this tenant's actions make requests.",
      "Have the host give `createRuntime` an `egress` policy.",
    ),
    EGRESS_URL: entry(
      "The URL, or the place a server redirects to, is no absolute URL, too long, or has a host name with an empty label.",
      "Correct the URL.",
    ),
    EGRESS_SCHEME: entry(
      "The URL is not of `https:` or `http:`; `data:`, `blob:`, `about:` and `file:` are not fetched.",
      "Use an https URL.",
    ),
    EGRESS_USERINFO: entry(
      "The URL carries a user name or a password.",
      "Send an `authorization` header, with `secrets.NAME.basic(user)`.",
    ),
    EGRESS_HTTP: entry(
      "The URL is plain http, which the policy does not allow.",
      "Use https, or have the host set `http: true`.",
    ),
    EGRESS_LOCAL_NAME: entry(
      "The host is a local or internal name, such as `localhost` or one without a dot.",
      "Use a public name, or have the host name the exception under `private`.",
    ),
    EGRESS_HOST: entry("The host is not on the policy's list.", "Have the host add it to `hosts`."),
    EGRESS_METHOD: entry(
      "The method is not on the policy's list, or is one that is never sent (CONNECT, TRACE, TRACK).",
      "Use another method, or have the host add it to `methods`.",
    ),
    EGRESS_PORT: entry("The port is not on the policy's list.", "Have the host add it to `ports`."),
    EGRESS_ADDRESS: entry(
      "The URL names an address that is not public, in whatever spelling.",
      "Use a public host, or have the host name the exception under `private`.",
    ),
    EGRESS_DNS_ADDRESS: entry(
      "The name resolves to an address that is not public.",
      "Use a public host, or have the host name the exception under `private`.",
    ),
    EGRESS_PEER: entry(
      "The connection was answered by another address than the one that was checked.",
      "Look at the host's network: something redirects connections.",
    ),
    EGRESS_REDIRECTS: entry("The server redirects more often than the limit allows.", "Ask for the final URL."),
    EGRESS_REDIRECT: entry(
      'The server redirects, and the request said `redirect: "error"`.',
      "Follow redirects, or ask for the final URL.",
    ),
    EGRESS_HEADER: entry(
      "A header is malformed: its name is no token, or its value holds what cannot be sent.",
      "Correct it, or leave it out.",
    ),
    EGRESS_REQUEST_HEADERS: entry(
      "The request's headers, as the action wrote them, are larger than the limit, or name more than 16 secrets.",
      "Send less.",
    ),
    EGRESS_REQUEST_BODY: entry("The request's body is larger than the limit.", "Send less, or in several requests."),
    EGRESS_RESPONSE_HEADERS: entry("The response's headers are larger than the limit.", "Ask the API for less."),
    EGRESS_RESPONSE_BODY: entry(
      "The response's body is larger than the limit, as sent or after decompression.",
      "Ask the API for less, page by page.",
    ),
    EGRESS_ENCODING: entry(
      "The response's compression is broken, or not known and from a server that may know a secret of this run, in which it could not be redacted.",
      "Report it to those who run the API.",
    ),
    EGRESS_TIMEOUT: entry("The whole answer did not come in time.", "Try again, or use a faster call."),
    EGRESS_CALLS: entry(
      "The run started more requests than `fetchCalls`.",
      "Make fewer requests, or have the host raise the limit.",
    ),
    EGRESS_SECRET: entry(
      "A header names a secret that this run does not have.",
      "Have the host give it, under that name.",
    ),
    EGRESS_SECRET_HOST: entry(
      "A secret is used for a host that it is not meant for.",
      "Have the host add it to the secret's `hosts`.",
    ),
    EGRESS_SECRET_HTTP: entry(
      "A secret would go over plain http.",
      "Use https; only `private` exceptions get secrets over http.",
    ),
    EGRESS_SECRET_PLACE: entry(
      "A secret's placeholder stands in a URL or a body.",
      "Send it in a header: nowhere else is it replaced.",
    ),
    EGRESS_DNS: entry("The name could not be resolved, or not in time.", "Check the name; try again."),
    EGRESS_TLS: entry(
      "The TLS handshake failed: a certificate that does not fit, for one.",
      "Correct the server's certificate; for an authority of your own, have the host name it as `egress.ca`.",
    ),
    EGRESS_NETWORK: entry("The connection failed or broke, or what came back is not HTTP.", "Try again."),
    EGRESS_ABORTED: entry(
      "The request was aborted, by the run's end or by the runtime's.",
      "Nothing, unless it was not meant.",
    ),
  },
} satisfies CatalogueSection;

/** The next hop of a redirect, as the fetch standard rewrites it. Pure; the policy is asked about the result like about any request. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | undefined;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const BODY_HEADERS = new Set([
  "content-encoding",
  "content-language",
  "content-location",
  "content-type",
  "content-length",
]);
const CREDENTIAL_HEADERS = new Set(["authorization", "proxy-authorization", "cookie", "cookie2", "www-authenticate"]);

export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/** Null where the location is no URL. `holdsSecret` names the headers that must not follow to another origin. */
export function nextHop(
  hop: Hop,
  status: number,
  location: string,
  holdsSecret: (value: string) => boolean,
): Hop | null {
  if (!URL.canParse(location, hop.url.href)) return null;
  const url = new URL(location, hop.url.href);
  if (url.hash === "") url.hash = hop.url.hash;
  const turnsIntoGet =
    ((status === 301 || status === 302) && hop.method === "POST") ||
    (status === 303 && hop.method !== "GET" && hop.method !== "HEAD");
  const leaves = url.origin !== hop.url.origin;
  const headers = hop.headers.filter(([name, value]) => {
    if (turnsIntoGet && BODY_HEADERS.has(name)) return false;
    return !leaves || !(CREDENTIAL_HEADERS.has(name) || holdsSecret(value));
  });
  return {
    url,
    method: turnsIntoGet ? "GET" : hop.method,
    headers,
    body: turnsIntoGet ? undefined : hop.body,
  };
}

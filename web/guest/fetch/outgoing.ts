/** Headers that a request's options come to: how fresh its answer must be, and where it says that it came from. */
import { fieldsOf } from "./request.ts";
import type { Request } from "./request.ts";
import type { ReferrerPolicy } from "./request-init.ts";
import type { HeaderPair } from "./headers.ts";
import { web } from "./web.ts";

const CONDITIONS = ["if-modified-since", "if-none-match", "if-unmodified-since", "if-match", "if-range"];
const LONGEST_REFERRER = 4_096;

export function outgoingHeaders(request: Request): HeaderPair[] {
  const { headers } = request;
  const fresh = freshness(request).filter(([name]) => !headers.has(name));
  const referrer = headers.has("referer") ? "" : referrerOf(request);
  return [...headers, ...fresh, ...(referrer === "" ? [] : [["referer", referrer] as HeaderPair])];
}

/** For caches on the way: there is none here. */
function freshness(request: Request): HeaderPair[] {
  const { cache } = fieldsOf(request);
  const isConditional = cache === "default" && CONDITIONS.some((name) => request.headers.has(name));
  if (cache === "no-store" || cache === "reload" || isConditional)
    return [["pragma", "no-cache"], ["cache-control", "no-cache"]]; // prettier-ignore
  return cache === "no-cache" ? [["cache-control", "max-age=0"]] : [];
}

function referrerOf(request: Request): string {
  const { referrer, referrerPolicy } = fieldsOf(request);
  if (referrer === "") return "";
  const from = new web.URL(referrer);
  if (!/^https?:$/.test(from.protocol)) return "";
  const to = new web.URL(request.url);
  const origin = `${from.origin}/`;
  const path = `${origin.slice(0, -1)}${from.pathname}${from.search}`;
  const whole = path.length > LONGEST_REFERRER ? origin : path;
  const isSame = from.origin === to.origin;
  const isLess = isTrustworthy(from) && !isTrustworthy(to);
  const byPolicy: Readonly<Record<Exclude<ReferrerPolicy, "">, string>> = {
    "no-referrer": "",
    "no-referrer-when-downgrade": isLess ? "" : whole,
    "same-origin": isSame ? whole : "",
    origin,
    "strict-origin": isLess ? "" : origin,
    "origin-when-cross-origin": isSame ? whole : origin,
    "strict-origin-when-cross-origin": isSame ? whole : isLess ? "" : origin,
    "unsafe-url": whole,
  };
  return byPolicy[referrerPolicy === "" ? "strict-origin-when-cross-origin" : referrerPolicy];
}

/** Nothing on the way can read it: encrypted, or on this machine. */
function isTrustworthy({ protocol, hostname }: { readonly protocol: string; readonly hostname: string }): boolean {
  return protocol === "https:" || /^(?:127(?:\.\d+){3}|\[::1\]|localhost|.+\.localhost)$/.test(hostname);
}

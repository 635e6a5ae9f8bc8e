/**
 * Who may ask the page's server: the browser that was opened with the token, on the loopback address, from the page itself. The server can run code
 * and read files of the project, so any other site, whatever name it gives this address, is refused before its request is read.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export interface Asked {
  readonly method: string;
  /** The path and the query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export type Verdict =
  | { readonly type: "allowed" }
  /** The token was right: the answer brings the cookie. */
  | { readonly type: "first_visit"; readonly cookie: string }
  | { readonly type: "refused"; readonly status: 403 | 405 | 415 | 421; readonly message: string };

export interface Gate {
  /** What the address of the first visit holds. */
  readonly token: string;
  judge(asked: Asked): Verdict;
}

const refuse = (status: 403 | 405 | 415 | 421, message: string): Verdict => ({ type: "refused", status, message });

export function createGate(port: number): Gate {
  const token = randomBytes(24).toString("base64url");
  const session = randomBytes(32).toString("base64url");
  // Cookies know no ports: two sessions on one machine must not take each other's.
  const name = `baton_page_${port}`;
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);

  return {
    token,
    judge({ method, url, headers }) {
      const { host, origin } = headers;
      // A name of the outside world that leads here is how a site gets around the browser's rule of one origin.
      if (host === undefined || !hosts.has(host.toLowerCase())) return refuse(421, "This address is not served here.");
      if (!["GET", "HEAD", "POST"].includes(method)) return refuse(405, "GET and POST alone are served here.");
      const isOwn = origin === `http://${host.toLowerCase()}`;
      if (origin !== undefined && !isOwn) return refuse(403, "Another site may not ask this.");
      const site = headers["sec-fetch-site"];
      const isNavigation = method === "GET" && headers["sec-fetch-mode"] === "navigate";
      const { pathname, searchParams } = new URL(url, "http://localhost");
      if (site !== undefined && site !== "same-origin" && site !== "none" && !isNavigation)
        return refuse(403, "Another site may not ask this.");
      if (method === "POST") {
        if (!isOwn) return refuse(403, "Only the page itself may ask this.");
        if (!/^application\/json\s*(?:;|$)/i.test(headers["content-type"] ?? ""))
          return refuse(415, "The body has to be application/json.");
      }
      if (hasCookie(headers.cookie, name, session)) return { type: "allowed" };
      const given = searchParams.get("token");
      if (method === "GET" && pathname === "/" && given !== null && isSame(given, token)) {
        return { type: "first_visit", cookie: `${name}=${session}; Path=/; HttpOnly; SameSite=Strict` };
      }
      return refuse(403, "Open the address that baton dev printed, or press o in its terminal.");
    },
  };
}

function hasCookie(header: string | undefined, name: string, value: string): boolean {
  return (header ?? "").split(";").some((pair) => {
    const at = pair.indexOf("=");
    return at > 0 && pair.slice(0, at).trim() === name && isSame(pair.slice(at + 1).trim(), value);
  });
}

function isSame(given: string, wanted: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(wanted)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * The console's session: a key that was typed once becomes a sealed cookie that scripts cannot read and other sites cannot send. It holds
 * no key, only which one it was made with: a key that is revoked or expires takes its sessions along, on every node.
 */
import type { IncomingHttpHeaders } from "node:http";
import { HostFault } from "../base/fault.ts";
import type { Vault } from "./vault.ts";

export interface Session {
  /** The id of the key, or the operator's own. */
  readonly keyId: string;
  /** Of the key: another one under the same id is not this one. */
  readonly digest: string;
  readonly expiresAt: number;
}

const COOKIE = "baton_console";
const PLACE = { tenant: "", name: "$console" };
export const SESSION_MS = 12 * 3_600_000;
/** A page of another origin cannot send it without being asked for leave first, and it is given none. */
const MARK = "x-baton-console";

export function sealSession(vault: Vault, session: Session): string {
  const { keyId, sealed } = vault.seal(PLACE, JSON.stringify(session));
  return Buffer.from(JSON.stringify([keyId, sealed])).toString("base64url");
}

/** Null for what is no session of ours, or is over. */
export function openSession(vault: Vault, text: string, now: number): Session | null {
  try {
    const [keyId, sealed] = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as [string, string];
    const session = JSON.parse(vault.open(PLACE, { keyId, sealed })) as Session;
    return session.expiresAt > now ? session : null;
  } catch (error) {
    if (error instanceof HostFault || error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

/** The cookie's text, where the request may use it: it comes from a page of this origin. */
export function sessionCookie(method: string, headers: IncomingHttpHeaders): string | null {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return null;
  if (method !== "GET" && method !== "HEAD" && headers[MARK] === undefined) return null;
  const found = (headers.cookie ?? "").split(/; */).find((part) => part.startsWith(`${COOKIE}=`));
  return found?.slice(COOKIE.length + 1) ?? null;
}

export function setCookie(text: string, isSecure: boolean): string {
  return written(text, SESSION_MS / 1000, isSecure);
}

export const clearCookie = (isSecure: boolean): string => written("", 0, isSecure);

const written = (text: string, seconds: number, isSecure: boolean): string =>
  `${COOKIE}=${text}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${isSecure ? "; Secure" : ""}`;

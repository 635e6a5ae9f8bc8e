/**
 * The egress policy: which hosts, methods and ports a tenant's actions may reach. It is data, read once by a schema, and every decision
 * about it is a pure function here; what a name resolves to and who answered is asked by connector.ts.
 */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { z } from "zod";
import { canonicalAddress, classifyAddress, stripBrackets } from "./address.ts";
import type { Refusal } from "./refusal.ts";

export interface EgressPolicy {
  /** Host names, `*.name` for every name below it, or `*` for any public host. */
  readonly hosts: readonly string[];
  /** Methods that may be used; without it all of GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS. */
  readonly methods?: readonly string[] | undefined;
  /** Ports that may be used; without it 443, and 80 with `http`. */
  readonly ports?: readonly number[] | undefined;
  /** Allows plain HTTP. */
  readonly http?: boolean | undefined;
  /** `host:port` exceptions from the rule that only public addresses are reached, one by one. They override the port rule. */
  readonly private?: readonly string[] | undefined;
  /** Stands in for the `lookup` of node:dns. */
  readonly lookup?: LookupFunction | undefined;
  /** Certificate authorities to trust beside those that Node trusts, in PEM: for internal services. */
  readonly ca?: string | undefined;
}

const hostPattern = z.string().max(255).refine(isHostPattern, "expected a host name, *.name or *");

export const egressPolicySchema = z.strictObject({
  hosts: z.array(hostPattern).max(1_000),
  methods: z
    .array(z.string().regex(/^[A-Za-z]{1,20}$/))
    .max(20)
    .optional(),
  ports: z.array(z.int().min(1).max(65_535)).max(100).optional(),
  http: z.boolean().optional(),
  private: z.array(z.string().refine(isHostAndPort, "expected host:port")).max(100).optional(),
  lookup: z.custom<LookupFunction>((value) => typeof value === "function", "expected a function").optional(),
  ca: z.string().max(1_000_000).refine(isPem, "expected certificates in PEM").optional(),
});

const DEFAULT_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/** Never sent, whatever the policy says: they tunnel, or echo headers back. */
const FORBIDDEN_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);
const LOCAL_SUFFIXES = [
  "localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "onion", "home.arpa",
]; // prettier-ignore

/** One place a connection may be made to. */
export interface Target {
  /** Lower case, without brackets, without a closing dot. */
  readonly hostname: string;
  readonly port: number;
  readonly protocol: "https:" | "http:";
}

export type UrlDecision = { readonly ok: true; readonly target: Target } | ({ readonly ok: false } & Refusal);

/** Whether this request may be tried. Says nothing yet about what the name resolves to. */
export function decideUrl(policy: EgressPolicy | null, url: URL, method: string): UrlDecision {
  if (policy === null) return no("EGRESS_NO_POLICY", "no egress policy allows this action to make requests");
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return no("EGRESS_SCHEME", `${url.protocol} URLs cannot be fetched; use https:`);
  }
  if (url.username !== "" || url.password !== "") {
    return no("EGRESS_USERINFO", "a URL must not carry a user name or password; use an authorization header");
  }
  if (url.protocol === "http:" && policy.http !== true) {
    return no("EGRESS_HTTP", "plain http is not allowed by the egress policy; use https");
  }
  if (url.hostname.replace(/\.$/, "").split(".").includes("")) {
    return no("EGRESS_URL", "the host of the URL has an empty label");
  }
  const target = targetOf(url);
  const refusal = decideHost(policy, target) ?? decideMethod(policy, method) ?? decidePort(policy, target);
  return refusal === null ? { ok: true, target } : { ok: false, ...refusal };
}

/** Whether this address may be connected to for that target; `literal` where the URL itself named it. */
export function decideAddress(policy: EgressPolicy, target: Target, address: string, literal: boolean): Refusal | null {
  const canonical = canonicalAddress(address);
  if (canonical !== null && hasException(policy, canonical, target.port)) return null;
  const kind = classifyAddress(address);
  const byName = !literal && hasException(policy, target.hostname, target.port);
  // An exception by name trusts the name's owner with internal services, never with the machine's own credentials.
  if (byName && kind !== "metadata" && kind !== "link-local") return null;
  if (kind !== "public") {
    return literal
      ? { code: "EGRESS_ADDRESS", message: `${address} is a ${kind} address; only public addresses are reached` }
      : {
          code: "EGRESS_DNS_ADDRESS",
          message: `${target.hostname} resolves to a ${kind} address; only public addresses are reached`,
        };
  }
  return portAllowed(policy, target) ? null : portRefusal(target);
}

/** Whether nothing but a `private` exception can answer there: what plain http may carry a secret to. */
export function reachesExceptionsOnly(policy: EgressPolicy, target: Target): boolean {
  return (
    hasException(policy, target.hostname, target.port) ||
    (!portAllowed(policy, target) && decidePort(policy, target) === null)
  );
}

export function targetOf(url: URL): Target {
  const protocol = url.protocol === "http:" ? "http:" : "https:";
  const port = url.port === "" ? (protocol === "http:" ? 80 : 443) : Number(url.port);
  return { hostname: canonicalHost(url.hostname) ?? url.hostname, port, protocol };
}

/** Whether a host (with its port) is one of these patterns; a pattern without a port stands for every port. */
export function matchesHost(patterns: readonly string[], target: Target): boolean {
  return patterns.some((pattern) => {
    if (pattern === "*") return true;
    const pair = splitHostPort(pattern);
    if (pair !== null) return pair.host === target.hostname && pair.port === target.port;
    if (pattern.startsWith("*.")) {
      const base = canonicalHost(pattern.slice(2));
      return base !== null && isIP(target.hostname) === 0 && target.hostname.endsWith(`.${base}`);
    }
    return canonicalHost(pattern) === target.hostname;
  });
}

function decideHost(policy: EgressPolicy, target: Target): Refusal | null {
  if (hasException(policy, target.hostname, target.port)) return null;
  if (isIP(target.hostname) !== 0) {
    const refusal = decideAddress({ ...policy, ports: [target.port] }, target, target.hostname, true);
    if (refusal !== null) return refusal;
  } else if (isLocalName(target.hostname)) {
    return { code: "EGRESS_LOCAL_NAME", message: `${target.hostname} is a local or internal name` };
  }
  return matchesHost(policy.hosts, target)
    ? null
    : { code: "EGRESS_HOST", message: `${target.hostname} is not on the egress policy's list of hosts` };
}

function decideMethod(policy: EgressPolicy, method: string): Refusal | null {
  const allowed = (policy.methods ?? DEFAULT_METHODS).map((name) => name.toUpperCase());
  const upper = method.toUpperCase();
  return allowed.includes(upper) && !FORBIDDEN_METHODS.has(upper)
    ? null
    : { code: "EGRESS_METHOD", message: `${upper} is not on the egress policy's list of methods` };
}

function decidePort(policy: EgressPolicy, target: Target): Refusal | null {
  if (portAllowed(policy, target) || hasException(policy, target.hostname, target.port)) return null;
  // A name may resolve to an excepted address on this port; decideAddress settles that.
  const perhaps = isIP(target.hostname) === 0 && exceptions(policy).some(({ port }) => port === target.port);
  return perhaps ? null : portRefusal(target);
}

function portAllowed(policy: EgressPolicy, target: Target): boolean {
  const ports = policy.ports ?? (policy.http === true ? [443, 80] : [443]);
  return ports.includes(target.port);
}

function portRefusal(target: Target): Refusal {
  return { code: "EGRESS_PORT", message: `port ${target.port} is not on the egress policy's list of ports` };
}

function hasException(policy: EgressPolicy, host: string, port: number): boolean {
  return exceptions(policy).some((entry) => entry.host === host && entry.port === port);
}

function exceptions(policy: EgressPolicy): { host: string; port: number }[] {
  return (policy.private ?? []).map(splitHostPort).filter((entry) => entry !== null);
}

function isLocalName(hostname: string): boolean {
  if (!hostname.includes(".")) return true;
  return LOCAL_SUFFIXES.some((suffix) => hostname === suffix || hostname.endsWith(`.${suffix}`));
}

function isPem(text: string): boolean {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return found.map((pem) => new X509Certificate(pem)).length > 0;
  } catch {
    return false;
  }
}

function isHostPattern(text: string): boolean {
  const name = text.replace(/^\*\./, "");
  return text === "*" || (!name.includes("*") && canonicalHost(name) !== null);
}

/** Exceptions are named one by one: a pattern would match nothing. */
function splitHostPort(text: string): { host: string; port: number } | null {
  const found = /^(\[[0-9a-f:.]+\]|[^:[\]/@?#]+):(\d{1,5})$/i.exec(text);
  const host = found?.[1] === undefined ? null : canonicalHost(found[1]);
  const port = Number(found?.[2]);
  return host !== null && !host.includes("*") && port >= 1 && port <= 65_535 ? { host, port } : null;
}

export function isHostAndPort(text: string): boolean {
  return splitHostPort(text) !== null;
}

/** The spelling that URL parsing gives a host, without brackets and closing dot; null where it is no host. */
function canonicalHost(text: string): string | null {
  const bracketed = isIP(text) === 6 ? `[${text}]` : text;
  if (!/^(\[[0-9a-f:.]+\]|[^:[\]/@?#\\\s]+)$/i.test(bracketed) || !URL.canParse(`http://${bracketed}/`)) return null;
  const host = stripBrackets(new URL(`http://${bracketed}/`).hostname).replace(/\.$/, "");
  if (host === "") return null;
  return isIP(host) === 0 ? host : canonicalAddress(host);
}

function no(code: Refusal["code"], message: string): UrlDecision {
  return { ok: false, code, message };
}

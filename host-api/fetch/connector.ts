/**
 * Opens the connections of the egress client. A checked lookup alone is not enough (it is never asked for IP literals), so three things are
 * checked here in turn: the literal, every address the name resolves to, and the peer that was really connected, before one byte is sent.
 */
import { lookup as dnsLookup } from "node:dns";
import { connect as netConnect, isIP } from "node:net";
import type { LookupFunction, Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { canonicalAddress, stripBrackets } from "./address.ts";
import { decideAddress, decideUrl, targetOf } from "./policy.ts";
import type { EgressPolicy, Target } from "./policy.ts";
import { EgressError, refuse } from "./refusal.ts";

export interface ConnectorOptions {
  readonly connectMs: number;
  /** Extra certificate authorities, PEM. */
  readonly ca?: string | undefined;
}

export interface Connector {
  readonly connect: (options: { hostname: string; protocol: string; port: string }) => Promise<Socket>;
  /** Ends every connection, open or still opening. */
  destroy(): void;
}

export function createConnector(policy: EgressPolicy, options: ConnectorOptions): Connector {
  const sockets = new Set<Socket>();
  const open = async (target: Target): Promise<Socket> => {
    const deadline = AbortSignal.timeout(options.connectMs);
    const addresses = await resolveAllowed(policy, target, deadline);
    let last: unknown;
    for (const address of addresses) {
      try {
        const socket = await connectTo(address, target, sockets, deadline);
        return target.protocol === "https:" ? await secure(socket, target, options, sockets, deadline) : socket;
      } catch (error) {
        last = error;
        if (deadline.aborted || (error instanceof EgressError && error.code !== "EGRESS_NETWORK")) break;
      }
    }
    throw last;
  };
  return {
    connect({ hostname, protocol, port }) {
      const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
      return open(targetOf(new URL(`${protocol}//${host}${port === "" ? "" : `:${port}`}/`)));
    },
    destroy() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The addresses that may be connected to, in the resolver's order. One refused answer refuses the name. */
async function resolveAllowed(policy: EgressPolicy, target: Target, deadline: AbortSignal): Promise<string[]> {
  const url = new URL(
    `${target.protocol}//${isIP(target.hostname) === 6 ? `[${target.hostname}]` : target.hostname}:${target.port}/`,
  );
  const decision = decideUrl(policy, url, policy.methods?.[0] ?? "GET");
  if (!decision.ok && decision.code !== "EGRESS_METHOD") refuse(decision);
  const literal = isIP(target.hostname) !== 0;
  const addresses = literal ? [target.hostname] : await resolve(policy.lookup ?? dnsLookup, target.hostname, deadline);
  for (const address of addresses) {
    const refusal = decideAddress(policy, target, address, literal);
    if (refusal !== null) refuse(refusal);
  }
  return addresses;
}

function resolve(lookup: LookupFunction, hostname: string, deadline: AbortSignal): Promise<string[]> {
  return new Promise((done, fail) => {
    const failed = (why: string, cause?: unknown) =>
      fail(new EgressError("EGRESS_DNS", `${hostname} could not be resolved: ${why}`, { cause }));
    deadline.addEventListener("abort", () => failed("no answer in time"), { once: true });
    lookup(hostname, { all: true }, (error, answer) => {
      if (error) return failed(error.code ?? error.message, error);
      const list = (Array.isArray(answer) ? answer : [{ address: answer }]).map(({ address }) => address);
      if (list.length === 0 || list.some((address) => isIP(address) === 0)) return failed("no usable address");
      return done(list);
    });
  });
}

function connectTo(address: string, target: Target, sockets: Set<Socket>, deadline: AbortSignal): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = netConnect({ host: address, port: target.port, noDelay: true });
    sockets.add(socket);
    const abort = () => socket.destroy(new EgressError("EGRESS_TIMEOUT", `${target.hostname} did not accept in time`));
    deadline.addEventListener("abort", abort, { once: true });
    const failed = (error: Error) => fail(error instanceof EgressError ? error : networkError(target, error));
    socket.once("error", failed);
    socket.once("close", () => {
      sockets.delete(socket);
      deadline.removeEventListener("abort", abort);
      fail(networkError(target, new Error("closed")));
    });
    socket.once("connect", () => {
      deadline.removeEventListener("abort", abort);
      if (isSameAddress(socket.remoteAddress, address) && socket.remotePort === target.port) {
        socket.off("error", failed);
        done(socket);
      } else {
        socket.destroy(
          new EgressError("EGRESS_PEER", `${target.hostname} was answered by another address than was checked`),
        );
      }
    });
  });
}

function secure(
  socket: Socket,
  target: Target,
  options: ConnectorOptions,
  sockets: Set<Socket>,
  deadline: AbortSignal,
): Promise<Socket> {
  return new Promise((done, fail) => {
    const literal = isIP(target.hostname) !== 0;
    const tls = tlsConnect({
      socket,
      host: target.hostname,
      ...(literal ? {} : { servername: target.hostname }),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      ALPNProtocols: ["http/1.1"],
    });
    sockets.add(tls);
    const abort = () => tls.destroy(new EgressError("EGRESS_TIMEOUT", `${target.hostname} did not finish TLS in time`));
    deadline.addEventListener("abort", abort, { once: true });
    const failed = (error: Error & { code?: string }) => {
      socket.destroy();
      const reason = `TLS with ${target.hostname} failed: ${error.code ?? error.message}`;
      fail(error instanceof EgressError ? error : new EgressError("EGRESS_TLS", reason, { cause: error }));
    };
    tls.once("error", failed);
    tls.once("close", () => {
      sockets.delete(tls);
      deadline.removeEventListener("abort", abort);
      failed(new Error("closed"));
    });
    tls.once("secureConnect", () => {
      deadline.removeEventListener("abort", abort);
      tls.off("error", failed);
      done(tls);
    });
  });
}

function networkError(target: Target, error: Error & { code?: string }): EgressError {
  const reason = error.code ?? error.message;
  return new EgressError("EGRESS_NETWORK", `no connection to ${target.hostname}:${target.port}: ${reason}`, {
    cause: error,
  });
}

/** A dual-stack socket shows an IPv4 peer in its mapped form. */
function isSameAddress(peer: string | undefined, checked: string): boolean {
  const bare = stripBrackets(peer ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
  return canonicalAddress(bare) !== null && canonicalAddress(bare) === canonicalAddress(checked);
}

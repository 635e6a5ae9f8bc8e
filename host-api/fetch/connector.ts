/**
 * Opens the connections of the egress client. A checked lookup alone is not enough (it is never asked for IP literals), so three things are
 * checked here in turn: the literal, every address the name resolves to, and the peer that was really connected, before one byte is sent.
 */
import { connect as netConnect, isIP } from "node:net";
import type { LookupFunction, Socket } from "node:net";
import { connect as tlsConnect, createSecureContext, getCACertificates } from "node:tls";
import type { SecureContext } from "node:tls";
import { canonicalAddress, stripBrackets } from "./address.ts";
import { decideAddress, decideUrl, targetOf } from "./policy.ts";
import type { EgressPolicy, Target } from "./policy.ts";
import { EgressError, refuse } from "./refusal.ts";
import type { TenantNetwork } from "./tenant-network.ts";
import { READ_BYTES, limitWire, readInSlices } from "./wire.ts";

export interface ConnectorOptions {
  readonly connectMs: number;
  /** Bytes on the wire for one request. */
  readonly wireBytes: number;
  readonly network: TenantNetwork;
}

export interface Connector {
  readonly connect: (options: { hostname: string; protocol: string; port: string }) => Promise<Socket>;
  /** Ends every connection, open or still opening. */
  destroy(): void;
}

/** An option of every stream, which the types of sockets do not name. */
const SMALL_READS: object = { highWaterMark: READ_BYTES };

/** What the steps of one connection share. */
interface Opening {
  readonly policy: EgressPolicy;
  readonly target: Target;
  readonly sockets: Set<Socket>;
  readonly network: TenantNetwork;
  /** Aborted, with an EgressError as its reason, when the time is over or the connector is destroyed. */
  readonly deadline: AbortSignal;
}

export function createConnector(policy: EgressPolicy, { connectMs, wireBytes, network }: ConnectorOptions): Connector {
  const sockets = new Set<Socket>();
  const endings = new Set<AbortController>();
  const trust = trustOf(policy);
  let destroyed = false;
  const open = async (target: Target): Promise<Socket> => {
    if (destroyed) throw closed();
    const ending = new AbortController();
    endings.add(ending);
    const timer = setTimeout(() => ending.abort(late(target, connectMs)), connectMs);
    try {
      const leave = await network.enter(ending.signal);
      try {
        const socket = await connectToAny({ policy, target, sockets, network, deadline: ending.signal }, trust);
        socket.once("close", leave);
        if (socket.destroyed) leave();
        return readInSlices(limitWire(socket, wireBytes));
      } catch (error) {
        leave();
        throw error;
      }
    } finally {
      clearTimeout(timer);
      endings.delete(ending);
    }
  };
  return {
    connect({ hostname, protocol, port }) {
      const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
      return open(targetOf(new URL(`${protocol}//${host}${port === "" ? "" : `:${port}`}/`)));
    },
    destroy() {
      destroyed = true;
      for (const ending of endings) ending.abort(closed());
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function connectToAny(opening: Opening, trust: () => SecureContext | undefined): Promise<Socket> {
  let last: unknown;
  for (const address of await resolveAllowed(opening)) {
    try {
      const socket = await connectTo(address, opening);
      return opening.target.protocol === "https:" ? await secure(socket, opening, trust()) : socket;
    } catch (error) {
      last = error;
      if (opening.deadline.aborted || (error instanceof EgressError && error.code !== "EGRESS_NETWORK")) break;
    }
  }
  throw last;
}

/** The policy's own certificate authorities beside those that Node trusts; made once, at the first use. */
function trustOf({ ca }: EgressPolicy): () => SecureContext | undefined {
  let context: SecureContext | undefined;
  if (ca === undefined) return () => undefined;
  return () => (context ??= createSecureContext({ ca: [...getCACertificates("default"), ca] }));
}

const late = ({ hostname }: Target, ms: number): EgressError =>
  new EgressError("EGRESS_TIMEOUT", `no connection to ${hostname} within ${ms} ms`);
const closed = (): EgressError => new EgressError("EGRESS_ABORTED", "the egress client is closed");

/** The addresses that may be connected to, in the resolver's order. One refused answer refuses the name. */
async function resolveAllowed({ policy, target, network, deadline }: Opening): Promise<string[]> {
  const url = new URL(
    `${target.protocol}//${isIP(target.hostname) === 6 ? `[${target.hostname}]` : target.hostname}:${target.port}/`,
  );
  const decision = decideUrl(policy, url, policy.methods?.[0] ?? "GET");
  if (!decision.ok && decision.code !== "EGRESS_METHOD") refuse(decision);
  const literal = isIP(target.hostname) !== 0;
  const addresses = literal
    ? [target.hostname]
    : await resolve(policy.lookup ?? network.lookup(deadline), target.hostname, deadline);
  for (const address of addresses) {
    const refusal = decideAddress(policy, target, address, literal);
    if (refusal !== null) refuse(refusal);
  }
  return addresses;
}

/** Waits no longer than the deadline, whatever the resolver does; what it says afterwards is dropped. */
async function resolve(lookup: LookupFunction, hostname: string, deadline: AbortSignal): Promise<string[]> {
  const failed = (why: string, cause?: unknown) =>
    new EgressError("EGRESS_DNS", `${hostname} could not be resolved: ${why}`, { cause });
  const { promise, resolve: done, reject: fail } = Promise.withResolvers<string[]>();
  const onAbort = () =>
    fail((deadline.reason as EgressError).code === "EGRESS_TIMEOUT" ? failed("no answer in time") : deadline.reason);
  deadline.addEventListener("abort", onAbort, { once: true });
  try {
    lookup(hostname, { all: true }, (error, answer) => {
      if (error) return fail(failed(error.code ?? error.message, error));
      const list = addressesIn(answer);
      return list === null ? fail(failed("no usable address")) : done(list);
    });
    return await promise;
  } catch (error) {
    throw error instanceof EgressError ? error : failed("the resolver failed", error);
  } finally {
    deadline.removeEventListener("abort", onAbort);
  }
}

/** A host's own resolver may answer anything; null where one answer is no address, or there is none. */
function addressesIn(answer: unknown): string[] | null {
  const entries: unknown[] = Array.isArray(answer) ? answer : [{ address: answer }];
  const list = entries.map((entry) => String((entry as { address?: unknown } | null)?.address));
  return list.length === 0 || list.some((address) => isIP(address) === 0) ? null : list;
}

function connectTo(address: string, { target, sockets, deadline }: Opening): Promise<Socket> {
  return new Promise((done, fail) => {
    if (deadline.aborted) return fail(deadline.reason);
    const socket = netConnect({ host: address, port: target.port, noDelay: true, ...SMALL_READS });
    sockets.add(socket);
    const abort = () => socket.destroy(deadline.reason as EgressError);
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
  { target, sockets, deadline }: Opening,
  secureContext: SecureContext | undefined,
): Promise<Socket> {
  return new Promise((done, fail) => {
    const literal = isIP(target.hostname) !== 0;
    const tls = tlsConnect({
      socket,
      ...SMALL_READS,
      host: target.hostname,
      ...(literal ? {} : { servername: target.hostname }),
      ...(secureContext === undefined ? {} : { secureContext }),
      ALPNProtocols: ["http/1.1"],
      // Said here, so that no variable of the environment can say otherwise.
      rejectUnauthorized: true,
    });
    sockets.add(tls);
    const abort = () => tls.destroy(deadline.reason as EgressError);
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

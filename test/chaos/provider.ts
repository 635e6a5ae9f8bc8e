/** The provider's two ends: a server that remembers what reached it, and the client that the hosts use. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Unreached, type Provider, type TransferResult } from "../../delivery/index.ts";
import { sendByFetch, type IncomingResponse } from "../../delivery/providers/transport.ts";
import type { Chance } from "../simulation/chance.ts";

export interface ProviderServer {
  readonly url: string;
  readonly dials: Map<string, number>;
  readonly deliveries: Map<string, number>;
  /** From now on nothing goes wrong here. */
  calm(): void;
  close(): Promise<void>;
}

export type Seen = (saw: "delivery" | "dial", intentId: string) => void;

/** `seen` is called before anything is answered: what was seen is so, whatever becomes of the answer. */
export async function startProvider(chance: Chance, seen: Seen = () => {}): Promise<ProviderServer> {
  const dials = new Map<string, number>();
  const deliveries = new Map<string, number>();
  let calm = false;
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://provider");
    const id = url.searchParams.get("id") ?? "";
    const map = url.pathname === "/dial" ? dials : deliveries;
    const fate = calm ? 1 : chance.next();
    request.resume();
    request.once("end", () => {
      if (fate < 0.15) return response.writeHead(url.pathname === "/dial" ? 409 : 503).end();
      map.set(id, (map.get(id) ?? 0) + 1);
      seen(url.pathname === "/dial" ? "dial" : "delivery", id);
      // It has happened, and no answer says so.
      if (fate < 0.3) return request.socket.destroy();
      if (fate < 0.35) return setTimeout(() => response.end(), 1500);
      return response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dials,
    deliveries,
    calm() {
      calm = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export function httpProvider(url: string): Provider {
  const post = (path: string, id: string, signal: AbortSignal): Promise<IncomingResponse> =>
    sendByFetch({ method: "POST", url: `${url}${path}?id=${encodeURIComponent(id)}`, headers: {}, body: "{}", signal });
  return {
    name: "chaos",
    async deliver({ intentId }, signal) {
      const { status } = await post("/deliver", intentId, signal);
      return status === 200 ? { type: "delivered" } : { type: "retry", code: `webhook_${status}` };
    },
    async transfer({ intentId }, signal): Promise<TransferResult> {
      try {
        const { status } = await post("/dial", intentId, signal);
        return status === 200 ? { type: "accepted" } : { type: "refused", code: "call_ended" };
      } catch (error) {
        return error instanceof Unreached
          ? { type: "refused", code: "provider_unreached" }
          : { type: "unknown", code: "provider_no_answer" };
      }
    },
  };
}

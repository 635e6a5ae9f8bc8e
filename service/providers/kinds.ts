/** The kinds of providers a tenant may have: which of their settings are secrets, and how one is made of them. */
import {
  chatwootProvider,
  livekitProvider,
  telnyxProvider,
  twilioProvider,
  webhookProvider,
  type Provider,
  type Send,
} from "../../delivery/index.ts";
import { clientFor, sendThrough } from "../../delivery/providers/egress-send.ts";
import { present } from "../present.ts";
import type { HandoffProvider, TransferProvider } from "../routes/tenant-settings.ts";

export type AnyProvider = HandoffProvider | TransferProvider;
export type Role = "handoffs" | "transfers";

export interface MakeOptions {
  readonly role: Role;
  readonly tenant: string;
  readonly privateHosts: readonly string[];
  /** Where the service can be reached from outside, as its operator says. */
  readonly publicUrl: string | null;
  /** Where it listens. */
  readonly ownUrl: string | null;
}

/** The one setting of each kind that is a secret. */
export const SECRET_OF: { readonly [K in AnyProvider["type"]]: string } = {
  webhook: "secrets",
  twilio: "authToken",
  telnyx: "apiKey",
  livekit: "apiSecret",
  chatwoot: "apiAccessToken",
};

const TWILIO_API = "https://api.twilio.com";
const TELNYX_API = "https://api.telnyx.com";

export function makeProvider(given: AnyProvider, secrets: readonly string[], options: MakeOptions): Provider {
  const { privateHosts } = options;
  const [secret = ""] = secrets;
  switch (given.type) {
    case "webhook": {
      const { type: _type, secrets: _sealed, ...rest } = given;
      return webhookProvider({
        ...present(rest),
        secrets,
        private: privateHosts,
        transfers: options.role === "transfers",
      });
    }
    case "chatwoot": {
      const { type: _type, apiAccessToken: _sealed, ...rest } = given;
      return chatwootProvider({ ...present(rest), apiAccessToken: secret, private: privateHosts });
    }
    case "telnyx": {
      const { type: _type, apiKey: _sealed, publicKey: _ofCallbacks, ...rest } = given;
      return through(given.apiBase ?? TELNYX_API, privateHosts, (send) =>
        telnyxProvider({ ...present(rest), apiKey: secret, send }),
      );
    }
    case "livekit": {
      const { type: _type, apiSecret: _sealed, ...rest } = given;
      return through(given.url.replace(/^ws/, "http"), privateHosts, (send) =>
        livekitProvider({ ...present(rest), apiSecret: secret, send }),
      );
    }
    case "twilio": {
      const { type: _type, authToken: _sealed, ...rest } = given;
      const actionUrl = twilioReportsTo(given.apiBase, options);
      return through(given.apiBase ?? TWILIO_API, privateHosts, (send) =>
        twilioProvider({
          ...present(rest),
          authToken: secret,
          send,
          ...(actionUrl === null ? {} : { actionUrl }),
        }),
      );
    }
  }
}

/** Twilio plays an error to a caller for whom it cannot reach this address; a fake in the operator's own network can. */
export function twilioReportsTo(
  apiBase: string | undefined,
  { tenant, privateHosts, publicUrl, ownUrl }: Omit<MakeOptions, "role">,
): string | null {
  const reached = publicUrl ?? (isOwn(apiBase, privateHosts) ? ownUrl : null);
  return reached && new URL(`/v1/callbacks/twilio/${encodeURIComponent(tenant)}`, reached).href;
}

function isOwn(address: string | undefined, privateHosts: readonly string[]): boolean {
  if (address === undefined) return false;
  const { hostname, port, protocol } = new URL(address);
  return privateHosts.includes(`${hostname}:${port || (protocol === "https:" ? "443" : "80")}`);
}

/** A carrier is reached as a tenant's webhook is: public addresses, and what the operator named. */
function through(address: string, privateHosts: readonly string[], make: (send: Send) => Provider): Provider {
  const client = clientFor(new URL(address), privateHosts);
  const provider = make(sendThrough(client));
  return { ...provider, close: () => client.close() };
}

/** The kinds of providers a tenant may have: which of their settings are secrets, and how one is made of them. */
import { twilioProvider, webhookProvider, type Provider } from "../../delivery/index.ts";
import { clientFor, sendThrough } from "../../delivery/providers/egress-send.ts";
import type { HandoffProvider, TransferProvider } from "../routes/tenant-settings.ts";

export type AnyProvider = HandoffProvider | TransferProvider;
export type Role = "handoffs" | "transfers";

export interface MakeOptions {
  readonly role: Role;
  readonly tenant: string;
  readonly privateHosts: readonly string[];
  /** Where the service can be reached from outside. */
  readonly publicUrl: string | null;
}

/** The one setting of each kind that is a secret. */
export const SECRET_OF: { readonly [K in AnyProvider["type"]]: string } = { webhook: "secrets", twilio: "authToken" };

const TWILIO_API = "https://api.twilio.com";

export function makeProvider(given: AnyProvider, secrets: readonly string[], options: MakeOptions): Provider {
  switch (given.type) {
    case "webhook": {
      const { url, timeoutMs, headers } = given;
      return webhookProvider({
        url,
        secrets,
        private: options.privateHosts,
        transfers: options.role === "transfers",
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(headers === undefined ? {} : { headers }),
      });
    }
    case "twilio": {
      const { type: _type, authToken: _sealed, ...rest } = given;
      const client = clientFor(new URL(given.apiBase ?? TWILIO_API), options.privateHosts);
      const actionUrl =
        options.publicUrl &&
        new URL(`/v1/callbacks/twilio/${encodeURIComponent(options.tenant)}`, options.publicUrl).href;
      const provider = twilioProvider({
        ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as {
          accountSid: string;
        }),
        authToken: secrets[0] ?? "",
        send: sendThrough(client),
        ...(actionUrl === null ? {} : { actionUrl }),
      });
      return { ...provider, close: () => client.close() };
    }
  }
}

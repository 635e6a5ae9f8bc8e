/** The provider of a person at a terminal. For trying things out: it "delivers" by printing, and takes every transfer over. */
import { z } from "zod";
import { fn } from "../../base/options.ts";
import { readGiven } from "../given.ts";
import type { HandoffDelivery, Provider } from "../provider.ts";

export interface ConsoleProviderOptions {
  readonly write?: (line: string) => void;
}

const shape = {
  write: fn<(line: string) => void>().optional(),
} satisfies Record<keyof ConsoleProviderOptions, z.ZodType>;

export function consoleProvider(given: ConsoleProviderOptions = {}): Provider {
  const { write = (line: string): void => console.log(line) } = readGiven(
    z.strictObject(shape),
    given,
    "consoleProvider",
  );
  const where = ({ tenant, conversationId, intentId }: HandoffDelivery): string =>
    `conversation ${JSON.stringify(conversationId)} of ${JSON.stringify(tenant)} (${intentId})`;
  return {
    name: "console",
    async deliver(handoff) {
      write(`hand-off: ${where(handoff)}${handoff.reason === null ? "" : `: ${JSON.stringify(handoff.reason)}`}`);
      return { type: "delivered" };
    },
    async transfer(transfer) {
      // Whole numbers stay out of any log that keeps this output.
      write(`phone transfer: ${where(transfer)} to …${transfer.phoneDestination.slice(-2)}`);
      return { type: "accepted" };
    },
  };
}

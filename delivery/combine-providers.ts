/** Two providers as one: a desk for standard hand-offs, a carrier for phone transfers. */
import { z } from "zod";
import { readGiven } from "./given.ts";
import { providerSchema } from "./options.ts";
import type { Provider } from "./provider.ts";

const partsSchema = z.strictObject({ handoffs: providerSchema, transfers: providerSchema });

/** One provider for standard hand-offs, another for phone transfers. */
export function combineProviders(parts: { readonly handoffs: Provider; readonly transfers: Provider }): Provider {
  const { handoffs, transfers } = readGiven(partsSchema, parts, "combineProviders");
  return {
    name: `${handoffs.name}+${transfers.name}`,
    ...(handoffs.endpoint === undefined ? {} : { endpoint: handoffs.endpoint }),
    ...(handoffs.endpointOf ? { endpointOf: handoffs.endpointOf.bind(handoffs) } : {}),
    ...(handoffs.deliver ? { deliver: handoffs.deliver.bind(handoffs) } : {}),
    ...(handoffs.withdraw ? { withdraw: handoffs.withdraw.bind(handoffs) } : {}),
    ...(transfers.transfer ? { transfer: transfers.transfer.bind(transfers) } : {}),
    ...(transfers.reconcile ? { reconcile: transfers.reconcile.bind(transfers) } : {}),
    async prepare() {
      await handoffs.prepare?.();
      await transfers.prepare?.();
    },
    async close() {
      const parts = handoffs === transfers ? [handoffs] : [handoffs, transfers];
      const closed = await Promise.allSettled(parts.map(async (part) => part.close?.()));
      const failed = closed.find((end) => end.status === "rejected");
      if (failed) throw failed.reason;
    },
  };
}

/** A process that records hand-offs in a SQLite file until the store says no, and writes what it was answered. */
import { openHandoffs } from "../../delivery/index.ts";
import { recordRequest } from "../delivery/fixtures.ts";

// A wait for the store's word would outlast the test.
const settings = { recordMs: 600_000, storeMs: 600_000 };
await using handoffs = await openHandoffs({ store: `sqlite:${process.argv[2]}`, relay: false, settings });
const taken: string[] = [];
for (;;) {
  const claim = recordRequest({ reason: "x".repeat(480) });
  try {
    await handoffs.record(claim);
    taken.push(claim.intentId);
  } catch (error) {
    const { code, retry } = error as { code?: unknown; retry?: unknown };
    console.log(JSON.stringify({ taken, fault: { code, retry }, mayReply: await handoffs.canReply(claim) }));
    break;
  }
}

/** `Temporal` where V8 has none of its own (Node 24). It reads the time from `Date.now`, and so from the run's clock. */
import { Temporal } from "temporal-polyfill";

export default function temporal(): Record<string, unknown> {
  return { Temporal };
}

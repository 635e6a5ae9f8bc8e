/** `Temporal` where V8 has none of its own (Node 24). It reads the time from `Date.now`, and so from the run's clock. */
// Its implementation alone: the package's face asks for the global first, which is what is being loaded here.
import { Temporal } from "temporal-polyfill/implementation";

export default function temporal(): Record<string, unknown> {
  return { Temporal };
}

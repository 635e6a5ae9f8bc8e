/** The conformance suite on memory alone. */
import { describeStore } from "../delivery/conformance/store.ts";

describeStore("memory", async () => ({ first: "memory:", again: null }));

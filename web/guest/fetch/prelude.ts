/**
 * `fetch` and its classes, and `secrets`, the placeholders of this run: put in place by their first use. All that runs in every isolate is
 * this file; the implementations are parts that are loaded on demand.
 */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";

const NAMES = { fetch: "fetch", Headers: "fetch", Request: "fetch", Response: "fetch" };
const SECRETS = { secrets: "secrets" };

export interface RunData {
  readonly fetchCalls: number;
  readonly requestBytes: number;
  /** Placeholders by name. */
  readonly secrets: Readonly<Record<string, string>>;
}

type FetchPart = (bridge: Bridge, data: () => RunData) => Record<string, unknown>;
type SecretsPart = (bridge: Bridge, placeholders: RunData["secrets"]) => object;

export default function install(bridge: Bridge): void {
  let data: RunData = { fetchCalls: 0, requestBytes: 0, secrets: {} };
  let loaded: Record<string, unknown> | undefined;
  bridge.defineLazyGlobals(NAMES, (name, part) => {
    loaded ??= (bridge.loadPart(part) as FetchPart)(bridge, () => data);
    return loaded[name];
  });
  bridge.defineLazyGlobals(SECRETS, (_, part) => (bridge.loadPart(part) as SecretsPart)(bridge, data.secrets));
  bridge.onStart((given) => {
    if (typeof given === "object" && given !== null) data = given as RunData;
  });
}

/** The remote service: where the authors' commands find a service: the variables BATON_URL, BATON_KEY and BATON_TENANT. */
import { variableOf } from "./variables.ts";

export interface RemoteSettings {
  readonly url: string | undefined;
  readonly key: string | undefined;
  readonly tenant: string | undefined;
}

export function remoteSettings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): RemoteSettings {
  const of = (name: string): string | undefined => environment[variableOf(name)] || undefined;
  return { url: of("url"), key: of("key"), tenant: of("tenant") };
}

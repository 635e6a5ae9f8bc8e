/** From a store's address to the store; the code of a store that is not used is not loaded. */
import { HostFault } from "../../base/fault.ts";
import type { Store } from "./store.ts";

export async function openStore(address: string): Promise<Store> {
  if (address === "memory:") return (await import("./memory.ts")).createMemoryStore();
  if (address.startsWith("sqlite:") && address.length > "sqlite:".length) {
    return (await import("./sqlite.ts")).openSqliteStore(address.slice("sqlite:".length));
  }
  if (/^postgres(ql)?:\/\//.test(address)) return (await import("./postgres.ts")).openPostgresStore(address);
  // The address may carry a password, so it is not repeated.
  const message = "A store is memory:, sqlite:PATH or postgres://USER@HOST/DATABASE.";
  throw new HostFault("STORE_ADDRESS_INVALID", message, "never");
}

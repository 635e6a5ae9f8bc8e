/**
 * Node's modules that only some actions need. Without Node's snapshot, reading them takes a sixth of a worker process's
 * start, so they are read at their first use, or before it in a moment in which no run waits.
 */
import { getBuiltinModule } from "node:process";

/** Kept from before `refusals.ts` took it away from all other code. */
const read = getBuiltinModule;

export const nodeCrypto = () => read("node:crypto");
export const nodeUrl = () => read("node:url");
export const nodeZlib = () => read("node:zlib");

export function readLateModules(): void {
  nodeCrypto();
  nodeUrl();
  nodeZlib();
}

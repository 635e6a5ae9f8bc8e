/**
 * Node's modules that only some actions need. Without Node's snapshot, reading them takes a sixth of a worker process's
 * start, so they are read at their first use, or before it in a moment in which nobody waits.
 */
import { getBuiltinModule } from "node:process";

export const nodeCrypto = () => getBuiltinModule("node:crypto");
export const nodeUrl = () => getBuiltinModule("node:url");
export const nodeZlib = () => getBuiltinModule("node:zlib");

export function readLateModules(): void {
  nodeCrypto();
  nodeUrl();
  nodeZlib();
}

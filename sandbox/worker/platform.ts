/** Pure functions of the worker process that guest code may call without a host call: JSON text and bytes in, JSON text and bytes out. */
import type { Answer } from "../protocol.ts";

export function callPlatform(name: string, _args: string, _bytes: Uint8Array | undefined): string {
  const answer: Answer = {
    ok: false,
    error: { code: "CALL_UNKNOWN", name: "TypeError", message: `there is no such function: ${name.slice(0, 100)}` },
  };
  return JSON.stringify(answer);
}

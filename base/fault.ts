/**
 * Faults of the host: what makes `execute` reject instead of settling into an Outcome.
 * Whatever an action does wrong is an Outcome; see catalogue.ts for all codes.
 */
import type { HostFaultCode } from "./catalogue.ts";

export class HostFault extends Error {
  readonly code: HostFaultCode;
  readonly retry: "safe" | "unsafe" | "never";
  constructor(code: HostFaultCode, message: string, retry: "safe" | "unsafe" | "never", options?: ErrorOptions) {
    super(message, options);
    this.name = "HostFault";
    this.code = code;
    this.retry = retry;
  }
}

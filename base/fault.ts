/**
 * Faults of the host: what makes `execute` reject instead of settling into an Outcome.
 * Whatever an action does wrong is an Outcome; see catalogue.ts for all codes.
 */
export class HostFault extends Error {
  readonly code: string;
  readonly retry: "safe" | "unsafe" | "never";
  constructor(code: string, message: string, retry: "safe" | "unsafe" | "never", options?: ErrorOptions) {
    super(message, options);
    this.name = "HostFault";
    this.code = code;
    this.retry = retry;
  }
}

/** Faults of the host's own side: the only reasons for which a sandbox rejects instead of completing a run. */
export class SandboxError extends Error {
  readonly code: "SANDBOX_CLOSED" | "WORKER_UNAVAILABLE";
  constructor(code: SandboxError["code"], message: string) {
    super(message);
    this.name = "SandboxError";
    this.code = code;
  }
}

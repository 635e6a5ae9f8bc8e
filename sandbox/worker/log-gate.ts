/** Keeps a run's log within its limits at the source: what is over is counted, not sent. Warnings and errors have a share of their own. */
export class LogGate {
  readonly #maxLines: number;
  readonly #maxBytes: number;
  #linesLeft: { low: number; high: number };
  #bytesLeft: { low: number; high: number };
  #dropped = 0;

  constructor(maxLines: number, maxBytes: number) {
    this.#maxLines = maxLines;
    this.#maxBytes = maxBytes;
    this.#linesLeft = { low: this.#maxLines, high: this.#maxLines };
    this.#bytesLeft = { low: this.#maxBytes, high: this.#maxBytes };
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Whether this line may be sent; the host then keeps the more important ones. */
  admits(level: string, message: string): boolean {
    const share = level === "warn" || level === "error" ? "high" : "low";
    const bytes = Buffer.byteLength(message);
    if (this.#linesLeft[share] <= 0 || this.#bytesLeft[share] < bytes) {
      this.#dropped++;
      return false;
    }
    this.#linesLeft[share]--;
    this.#bytesLeft[share] -= bytes;
    return true;
  }
}

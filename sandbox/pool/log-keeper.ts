/** The log of one run, within its limits: when it is full, a warning or an error takes the place of the oldest lines that are neither. */
import type { LogLine } from "../completion.ts";

export class LogKeeper {
  readonly #maxLines: number;
  readonly #maxBytes: number;
  readonly #lines: LogLine[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(maxLines: number, maxBytes: number) {
    this.#maxLines = maxLines;
    this.#maxBytes = maxBytes;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  get dropped(): number {
    return this.#dropped;
  }

  add(line: LogLine): void {
    const bytes = Buffer.byteLength(line.message);
    if (isImportant(line)) this.#makeRoom(bytes);
    if (!this.#fits(bytes)) {
      this.#dropped++;
      return;
    }
    this.#lines.push(line);
    this.#bytes += bytes;
  }

  #fits(bytes: number): boolean {
    return this.#lines.length < this.#maxLines && this.#bytes + bytes <= this.#maxBytes;
  }

  #makeRoom(bytes: number): void {
    while (!this.#fits(bytes) && bytes <= this.#maxBytes) {
      const index = this.#lines.findIndex((line) => !isImportant(line));
      if (index === -1) return;
      const [removed] = this.#lines.splice(index, 1);
      this.#bytes -= Buffer.byteLength(removed!.message);
      this.#dropped++;
    }
  }
}

const isImportant = ({ level }: LogLine): boolean => level === "warn" || level === "error";

/** The log of one run, within its limits: when it is full, a warning or an error takes the place of the oldest lines that are neither. */
import type { LogLine } from "../completion.ts";

/** They come as the number of lines doubles. */
const MAX_DROPPED_FRAMES = 64;

export class LogCollector {
  readonly #maxLines: number;
  readonly #maxBytes: number;
  readonly #lines: LogLine[] = [];
  #bytes = 0;
  #dropped = 0;
  #notSent = 0;
  #heardNotSent = 0;
  #heardLines = 0;
  #heardBytes = 0;

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

  /** Lines that the worker says it did not send. */
  get notSent(): number {
    return this.#notSent;
  }

  /** A line from the worker. Throws past what the worker's own gate lets through: then it is no worker of ours any more. */
  hear(line: LogLine): void {
    this.#heardLines++;
    this.#heardBytes += Buffer.byteLength(line.message);
    // The gate has a share of that size for warnings and errors, and one for all else.
    if (this.#heardLines > 2 * this.#maxLines || this.#heardBytes > 2 * this.#maxBytes)
      throw new Error("it logs past its limits");
    this.add(line);
  }

  noteNotSent(lines: number): void {
    if (++this.#heardNotSent > MAX_DROPPED_FRAMES) throw new Error("it tells of dropped lines too often");
    this.#notSent = Math.max(this.#notSent, lines);
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

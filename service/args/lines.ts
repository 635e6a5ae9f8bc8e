/** Lines from a process that may be in a tenant's hands: of one that is too long no more is kept than shows it. */
const LINE_FEED = 0x0a;

export class LineReader {
  readonly #mostBytes: number;
  readonly #onLine: (line: string) => void;
  readonly #onTooLong: () => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #isBroken = false;

  constructor(mostBytes: number, onLine: (line: string) => void, onTooLong: () => void) {
    this.#mostBytes = mostBytes;
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  read(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1 && !this.#isBroken; end = chunk.indexOf(LINE_FEED, from)) {
      if (!this.#keep(chunk.subarray(from, end))) return;
      from = end + 1;
      const line = Buffer.concat(this.#pieces).toString("utf8");
      this.#pieces = [];
      this.#bytes = 0;
      this.#onLine(line);
    }
    if (!this.#isBroken && from < chunk.length) this.#keep(chunk.subarray(from));
  }

  /** Nothing is read after this. */
  stop(): void {
    this.#isBroken = true;
    this.#pieces = [];
  }

  #keep(piece: Buffer): boolean {
    this.#bytes += piece.length;
    if (this.#bytes > this.#mostBytes) {
      this.stop();
      this.#onTooLong();
      return false;
    }
    this.#pieces.push(piece);
    return true;
  }
}

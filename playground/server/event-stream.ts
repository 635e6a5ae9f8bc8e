/** Server-sent events to every open page. A page that does not read is let go, rather than kept in memory. */
import type { ServerResponse } from "node:http";

const MAX_BUFFERED = 16 * 1024 * 1024;
const BEAT_MS = 15_000;
const MAX_PAGES = 32;

export class EventStream<E> {
  readonly #open = new Set<ServerResponse>();
  readonly #beat: NodeJS.Timeout;

  constructor() {
    this.#beat = setInterval(() => this.#write(": beat\n\n"), BEAT_MS).unref();
  }

  get pages(): number {
    return this.#open.size;
  }

  /** `hello` is for this page alone. */
  add(response: ServerResponse, hello: E): void {
    if (this.#open.size >= MAX_PAGES) {
      response.writeHead(503).end("Too many pages are open.");
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
    response.write(frame(hello));
    this.#open.add(response);
    response.on("close", () => this.#open.delete(response));
  }

  send(event: E): void {
    if (this.#open.size > 0) this.#write(frame(event));
  }

  close(): void {
    clearInterval(this.#beat);
    for (const response of this.#open) response.destroy();
    this.#open.clear();
  }

  #write(text: string): void {
    for (const response of this.#open) {
      if (response.writableLength > MAX_BUFFERED) response.destroy();
      else response.write(text);
    }
  }
}

/** JSON text has no line breaks. */
const frame = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`;

/** The last words of a worker process, on its standard error: V8 says there why it gave up, Node why it could not start. */
import type { Channel } from "../launcher/started.ts";

const MAX_CHARS = 4_096;
const OUT_OF_MEMORY =
  /out of memory|heap limit|allocation failed|invalid (?:array|string|table|size)|Fatal process OOM/i;

export class LastWords {
  #text = "";

  constructor(errors: Channel) {
    errors.on("data", (chunk: Buffer) => {
      if (this.#text.length < MAX_CHARS) this.#text += chunk.toString("latin1");
    });
  }

  get tellOfMemory(): boolean {
    return OUT_OF_MEMORY.test(this.#text);
  }

  /** The line of the first error, to stand behind a sentence. */
  get error(): string {
    const line = /^\w*Error: .{1,200}/m.exec(this.#text)?.[0];
    return line === undefined ? "" : `: ${line}`;
  }
}

/** The first frame that a worker process is sent, half a megabyte, encoded once for all processes of an image. */
import { encodeFrame } from "./wire.ts";
import type { ConfigureFrame } from "./host-frames.ts";

export class Configuration {
  readonly frame: ConfigureFrame;
  #encoded: Buffer | undefined;

  constructor(frame: ConfigureFrame) {
    this.frame = frame;
  }

  get encoded(): Buffer {
    return (this.#encoded ??= encodeFrame(JSON.stringify(this.frame)));
  }
}

/**
 * Reads the text of a recording. It may come from anywhere, and reading a long one would hold the host's event loop, which all conversations share:
 * such a text is read on a thread of its own, and what was read comes back in pieces.
 */
import { Worker } from "node:worker_threads";
import { createSlices } from "../../base/slices.ts";
import { HostFault } from "../../base/fault.ts";
import { ownFile } from "../../base/own-files.ts";
import { Joined, type Piece } from "./pieces.ts";
import { type Recording, invalid, MAX_CHARS, readRecording } from "./recording.ts";

/** What is asked of the thread: more of the text, to read it once all of it is there, and then piece by piece. */
export type Asked = { readonly text: string } | "read" | "next";
export type Told = { readonly fault: string } | { readonly piece: Piece } | "ready" | "over";

/** A text up to this length is read as fast as a thread is started. */
const SHORT = 256 * 1024;
const CHUNK = 1024 * 1024;
const MAX_MS = 60_000;
const THREAD_MIB = 2_048;

/** A text, or what was parsed of one. */
export async function readGiven(given: unknown): Promise<Recording> {
  if (typeof given !== "string" || given.length <= SHORT || given.length > MAX_CHARS) return readRecording(given);
  await using thread = new ReadingThread();
  return await thread.read(given);
}

class ReadingThread {
  readonly #worker = new Worker(ownFile("./reading-thread.ts", import.meta.url), {
    name: "baton-recording",
    env: {},
    execArgv: [],
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_MIB },
  });
  readonly #timer = setTimeout(() => this.#fail(`reading it takes longer than ${MAX_MS} ms`), MAX_MS);
  readonly #failed = Promise.withResolvers<never>();
  #waiting: ((told: Told) => void) | null = null;

  constructor() {
    this.#failed.promise.catch(() => {});
    this.#worker.on("message", (told: Told) => this.#waiting?.(told));
    this.#worker.once("error", ({ code }: NodeJS.ErrnoException) =>
      this.#fail(code === "ERR_WORKER_OUT_OF_MEMORY" ? "it takes too much memory" : "it could not be read"),
    );
    this.#worker.once("exit", () => this.#fail("it could not be read"));
  }

  async read(text: string): Promise<Recording> {
    const slices = createSlices();
    for (let at = 0; at < text.length; at += CHUNK) {
      this.#post({ text: text.slice(at, at + CHUNK) });
      await slices.pause();
    }
    const joined = new Joined();
    let told = await this.#ask("read");
    if (typeof told === "object" && "fault" in told) throw new HostFault("RECORDING_INVALID", told.fault, "never");
    for (;;) {
      told = await this.#ask("next");
      if (typeof told !== "object" || !("piece" in told)) return joined.value as Recording;
      joined.add(told.piece);
      await slices.pause();
    }
  }

  #post(asked: Asked): void {
    this.#worker.postMessage(asked);
  }

  #ask(asked: Asked): Promise<Told> {
    const answered = new Promise<Told>((resolve) => (this.#waiting = resolve));
    this.#post(asked);
    return Promise.race([answered, this.#failed.promise]);
  }

  #fail(sentence: string): void {
    this.#failed.reject(invalid(sentence));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#worker.terminate();
  }
}

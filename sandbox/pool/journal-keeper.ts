/** The host's half of a run's journal: what was asked of the host and what it answered, and what the worker sends of its own half. */
import type { Journal, MadeCall } from "../journal.ts";
import type { Answer } from "../protocol/host-frames.ts";

type Noted = { -readonly [Key in keyof MadeCall]: MadeCall[Key] };

/** Of arguments and of bodies, both ways: an action can have twenty answers of five megabytes, and many runs are under way. */
const MOST_BYTES = 32 * 1024 * 1024;

export class JournalKeeper {
  readonly #calls: Noted[] = [];
  #worker: Uint8Array | null = null;
  #bytes = 0;
  #lost: string | null = null;

  /** Gives what notes the answer. */
  open(name: string, args: string, bytes: Uint8Array | undefined): (answer: Answer, bytes?: Uint8Array) => void {
    const asked = performance.now();
    if (!this.#mayKeep(args.length + (bytes?.byteLength ?? 0))) return () => undefined;
    const call: Noted = bytes === undefined ? { name, args } : { name, args, bytes };
    this.#calls.push(call);
    return (answer, answerBytes) => {
      if (!this.#mayKeep(answerBytes?.byteLength ?? 0)) return;
      call.answer = answer;
      if (answerBytes !== undefined) call.answerBytes = answerBytes;
      call.ms = Math.round(performance.now() - asked);
    };
  }

  /** False for what would be too much, and for all that comes after it. */
  #mayKeep(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes > MOST_BYTES) this.#lost ??= `its calls carried more than ${MOST_BYTES} bytes`;
    return this.#lost === null;
  }

  /** Read when it is needed, in pieces. */
  read(bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength;
    this.#worker = bytes;
  }

  get written(): Journal {
    return { worker: this.#worker, calls: [...this.#calls], lost: this.#lost, bytes: this.#bytes };
  }
}

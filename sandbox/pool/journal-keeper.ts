/** The host's half of a run's journal: what was asked of the host and what it answered, and what the worker sends of its own half. */
import { type Journal, type MadeCall, type WorkerJournal, workerJournal } from "../journal.ts";
import type { Answer } from "../protocol/host-frames.ts";

type Noted = { -readonly [Key in keyof MadeCall]: MadeCall[Key] };

export class JournalKeeper {
  readonly #calls: Noted[] = [];
  #worker: WorkerJournal | null = null;

  /** Gives what notes the answer. */
  open(name: string, args: string, bytes: Uint8Array | undefined): (answer: Answer, bytes?: Uint8Array) => void {
    const asked = performance.now();
    const call: Noted = bytes === undefined ? { name, args } : { name, args, bytes };
    this.#calls.push(call);
    return (answer, answerBytes) => {
      call.answer = answer;
      if (answerBytes !== undefined) call.answerBytes = answerBytes;
      call.ms = Math.round(performance.now() - asked);
    };
  }

  read(bytes: Uint8Array): void {
    this.#worker = workerJournal.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  }

  get written(): Journal {
    return { worker: this.#worker, calls: [...this.#calls] };
  }
}

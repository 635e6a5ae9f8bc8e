/** The host's half of a run's journal: what was asked of the host and what it answered, and what the worker sends of its own half. */
import type { Journal, MadeCall } from "../journal.ts";
import type { Answer } from "../protocol/host-frames.ts";
import { sizeOf } from "../../base/large-json/size.ts";

type Noted = { -readonly [Key in keyof MadeCall]: MadeCall[Key] };

/** Of arguments and of bodies, both ways: an action can have twenty answers of five megabytes, and many runs are under way. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Of all runs of a pool together, until they end. */
const MAX_IN_ALL = 256 * 1024 * 1024;

/** Of the values and characters of an answer; what is beyond is no journal's any more. */
const COUNTED = { values: MAX_BYTES, chars: MAX_BYTES };

function weigh(answer: Answer): number {
  if (!answer.ok) return answer.error.message.length;
  if (typeof answer.value !== "object" || answer.value === null) return String(answer.value).length;
  const { values, chars } = sizeOf(answer.value, COUNTED);
  return values + chars;
}

/** What the journals of a pool's runs may hold together. */
export class JournalBudget {
  readonly #most: number;
  #bytes = 0;

  constructor(most: number = MAX_IN_ALL) {
    this.#most = most;
  }

  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#most) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}

export class JournalCollector {
  readonly #budget: JournalBudget;
  readonly #calls: Noted[] = [];
  #taken = 0;
  #worker: Uint8Array | null = null;
  #bytes = 0;
  #lost: string | null = null;

  constructor(budget: JournalBudget) {
    this.#budget = budget;
  }

  /** Gives what notes the answer. */
  open(name: string, args: string, bytes: Uint8Array | undefined): (answer: Answer, bytes?: Uint8Array) => void {
    const asked = performance.now();
    if (!this.#mayKeep(args.length + (bytes?.byteLength ?? 0))) return () => undefined;
    const call: Noted = bytes === undefined ? { name, args } : { name, args, bytes };
    this.#calls.push(call);
    return (answer, answerBytes) => {
      if (!this.#mayKeep(weigh(answer) + (answerBytes?.byteLength ?? 0))) return;
      call.answer = answer;
      if (answerBytes !== undefined) call.answerBytes = answerBytes;
      call.ms = Math.round(performance.now() - asked);
    };
  }

  /** False for what would be too much, and for all that comes after it. */
  #mayKeep(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes > MAX_BYTES) this.#lost ??= `its calls carried more than ${MAX_BYTES} bytes`;
    if (this.#lost !== null) return false;
    if (this.#budget.take(bytes)) this.#taken += bytes;
    else this.#lost = "the runs that were recorded at that time carried too much together";
    return this.#lost === null;
  }

  /** Of the run's next attempt, which has nothing of this one. */
  anew(): JournalCollector {
    this.close();
    return new JournalCollector(this.#budget);
  }

  /** The run is over. */
  close(): void {
    this.#budget.giveBack(this.#taken);
    this.#taken = 0;
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

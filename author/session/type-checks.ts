/** The type checks of a session: one at a time, begun a moment after a save so that the runs go first, and ended by the next save. */
import { findTypeScript, typeCheck } from "../typescript/type-check.ts";
import type { TypeError } from "../typescript/type-check.ts";

export interface TypeChecksListener {
  onErrors(errors: readonly TypeError[], since: number): void;
  onNote(sentence: string): void;
}

const BEGIN_MS = 60;
const MOST_ERRORS = 20;

export class TypeChecks {
  readonly #folder: string;
  readonly #listener: TypeChecksListener;
  #timer: NodeJS.Timeout | undefined;
  #abort: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #noted = "";
  #closed = false;

  constructor(folder: string, listener: TypeChecksListener) {
    this.#folder = folder;
    this.#listener = listener;
  }

  get closed(): boolean {
    return this.#closed;
  }

  check(files: readonly string[], since: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#abort?.abort();
    if (files.length === 0) return;
    this.#timer = setTimeout(() => {
      const abort = new AbortController();
      this.#abort = abort;
      this.#running = this.#check(files, since, abort.signal);
    }, BEGIN_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#abort?.abort();
    await this.#running;
  }

  async #check(files: readonly string[], since: number, signal: AbortSignal): Promise<void> {
    // Asked each time: the author may have just installed it.
    const found = findTypeScript(this.#folder);
    if ("missing" in found) return this.#note(found.missing);
    try {
      const checked = await typeCheck(found.tsc, this.#folder, files, signal);
      if (signal.aborted || checked.type === "stopped") return;
      if (checked.type === "failed") this.#note(checked.message);
      else this.#listener.onErrors(checked.errors.slice(0, MOST_ERRORS).map(withNumber), since);
    } catch (error) {
      this.#note(`The types could not be checked: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Once, not at every save. */
  #note(sentence: string): void {
    if (this.#noted === sentence) return;
    this.#noted = sentence;
    this.#listener.onNote(sentence);
  }
}

function withNumber(error: TypeError): TypeError {
  return { ...error, message: `${error.number}: ${error.message}` };
}

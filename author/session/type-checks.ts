/** The type checks of a session: one at a time, begun a moment after a save so that the runs go first, and ended by the next save. */
import { typeCheckAll } from "../typescript/type-check-all.ts";
import { nameFindings } from "../check/names-of.ts";
import type { Finding } from "../check/finding.ts";
import { refreshDeclarations } from "../typescript/declarations.ts";
import { findTypeScript, isTyped } from "../typescript/type-check.ts";
import type { TypeError } from "../typescript/type-check.ts";

export interface TypeChecksListener {
  onErrors(errors: readonly TypeError[], since: number): void;
  /** Names that are nearly right, which JavaScript reads as undefined. */
  onNames(findings: readonly Finding[], since: number): void;
  onNote(sentence: string): void;
}

const BEGIN_MS = 60;
const MAX_ERRORS = 20;

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
    // Of what it checks, TypeScript reports names by itself.
    const isReported = (file: string): boolean => !("missing" in found) && isTyped(file) && !/\.[mc]?js$/.test(file);
    await this.#checkNames(
      files.filter((file) => !isReported(file)),
      since,
      signal,
    );
    const typed = files.filter(isTyped);
    if (typed.length === 0) return;
    if ("missing" in found) return this.#note(found.missing);
    try {
      await refreshDeclarations(this.#folder);
      const checked = await typeCheckAll(found.tsc, this.#folder, typed, signal);
      if (signal.aborted || checked.type === "stopped") return;
      if (checked.type === "failed") this.#note(checked.message);
      else this.#listener.onErrors(checked.errors.slice(0, MAX_ERRORS).map(withNumber), since);
    } catch (error) {
      this.#note(`The types could not be checked: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #checkNames(files: readonly string[], since: number, signal: AbortSignal): Promise<void> {
    const findings: Finding[] = [];
    for (const file of files) {
      // A configuration that cannot be read is reported by the runs.
      findings.push(...(await nameFindings(file).catch(() => [])));
      if (signal.aborted) return;
    }
    this.#listener.onNames(findings.slice(0, MAX_ERRORS), since);
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

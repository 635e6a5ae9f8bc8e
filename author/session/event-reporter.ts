/** Puts what happened in a session into events: files as seen from its folder, times as seen from the save. */
import { relative, sep } from "node:path";
import { InputError } from "../input-error.ts";
import type { MatrixCell } from "../matrix/cells.ts";
import type { DevEvent, ProblemEvent, RunEvent } from "./events.ts";

export class EventReporter {
  readonly #folder: string;
  readonly #emit: (event: DevEvent) => void;

  constructor(folder: string, emit: (event: DevEvent) => void) {
    this.#folder = folder;
    this.#emit = emit;
  }

  ready(): void {
    this.#emit({ event: "ready" });
  }

  started(actions: readonly string[]): void {
    this.#emit({ event: "started", actions: actions.map((action) => this.#shown(action)) });
  }

  done(action: string): void {
    this.#emit({ event: "done", action: this.#shown(action) });
  }

  run(run: Omit<RunEvent, "event" | "sinceSaveMs">, since: number): void {
    this.#emit({ event: "run", ...run, action: this.#shown(run.action), sinceSaveMs: elapsed(since) });
  }

  problem(problem: Pick<ProblemEvent, "code" | "message"> & Partial<ProblemEvent>, since: number): void {
    const { code, message, frame = null, action = null, scenario = null } = problem;
    const shown = action === null ? null : this.#shown(action);
    this.#emit({ event: "problem", code, message, frame, action: shown, scenario, sinceSaveMs: elapsed(since) });
  }

  /** Something was thrown, here or where a file was read. */
  fault(error: unknown, action: string | null, since: number): void {
    const { code } = error as { readonly code?: unknown };
    const known = typeof code === "string" ? code : "HOST_FAULT";
    // What a session that is closing interrupts is no problem to report.
    if (!(error instanceof InputError) && known === "RUNTIME_CLOSED") return;
    const message = error instanceof Error ? error.message : String(error);
    this.problem({ code: known, message, action }, since);
  }

  matrix(action: string, cells: readonly MatrixCell[], since: number): void {
    this.#emit({ event: "matrix", action: this.#shown(action), cells, sinceSaveMs: elapsed(since) });
  }

  #shown(path: string): string {
    return relative(this.#folder, path).split(sep).join("/");
  }
}

function elapsed(since: number): number {
  return Math.round(Math.max(0, Date.now() - since) * 10) / 10;
}

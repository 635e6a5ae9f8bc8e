/** The recordings of a session's newest runs, as many as fit: what any run on the page is replayed, edited and saved from. */
import type { Recording } from "../../runtime/index.ts";

const MAX_CHARS = 64 * 1024 * 1024;

export class RecordingShelf {
  readonly #kept = new Map<string, { readonly recording: Recording; readonly chars: number }>();
  readonly #most: number;
  #chars = 0;

  constructor(most: number = MAX_CHARS) {
    this.#most = most;
  }

  add(recording: Recording): void {
    const { executionId, action } = recording;
    // What an action was compiled to is one text, however many of its runs are kept.
    const chars = JSON.stringify({ ...recording, action: { ...action, artifact: undefined } }).length;
    this.#kept.set(executionId, { recording, chars });
    this.#chars += chars;
    for (const [id, oldest] of this.#kept) {
      if (this.#chars <= this.#most) return;
      this.#kept.delete(id);
      this.#chars -= oldest.chars;
    }
  }

  find(executionId: string): Recording | null {
    return this.#kept.get(executionId)?.recording ?? null;
  }
}

/** Sentences for screen readers about what changed without the focus moving there. */
import { signal } from "@preact/signals";

const sentence = signal("");

export function announce(text: string): void {
  // The same sentence twice is read twice only if it was empty in between.
  sentence.value = "";
  setTimeout(() => (sentence.value = text), 30);
}

export function Live() {
  return (
    <div class="hidden-text" role="status" aria-live="polite">
      {sentence.value}
    </div>
  );
}

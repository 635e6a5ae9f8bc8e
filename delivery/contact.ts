/** Contact with the store: for how long it has answered this process without a break. While it was away, no process could show it a sign of life. */
import type { Clock } from "./clock.ts";
import type { HandoffStore } from "./store-schema.ts";

export interface Contact {
  readonly store: HandoffStore;
  answeredForMs(): number;
}

export function watchContact(store: HandoffStore, clock: Clock): Contact {
  // Opening it says nothing about the time before.
  let since: number | null = clock.elapsed();
  const watched = async <Value>(work: Promise<Value>): Promise<Value> => {
    try {
      const value = await work;
      since ??= clock.elapsed();
      return value;
    } catch (error) {
      if (wasAway(error)) since = null;
      throw error;
    }
  };
  const { time } = store;
  return {
    store: {
      ...store,
      run: (name, input) => watched(store.run(name, input)),
      ...(time ? { time: () => watched(time.call(store)) } : {}),
    },
    answeredForMs: () => (since === null ? 0 : clock.elapsed() - since),
  };
}

function wasAway(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return code === "STORE_UNAVAILABLE" || code === "STORE_ANSWER_LOST";
}

/**
 * Events: what happens in a room, declared as data and typed from it, with one emitter that costs nothing where nothing listens.
 * Each room declares its own; the runtime hands out the union. An event holds names, codes and measures, and never what a person said or
 * what an action was given, so that any reader may keep it.
 */

/** What a field holds: `ms` and `bytes` are measures, `count` a whole number, `time` milliseconds since 1970. */
export type Unit = "text" | "flag" | "ms" | "bytes" | "count" | "time";

export interface EventDeclaration {
  readonly meaning: string;
  /** By name. A field is null where it does not apply. */
  readonly fields: Readonly<Record<string, Unit>>;
}

export type EventDeclarations = Readonly<Record<string, EventDeclaration>>;

type ValueOf<U extends Unit> = U extends "text" ? string : U extends "flag" ? boolean : number;

/** The union of a room's events, discriminated by `event`. */
export type EventsOf<D extends EventDeclarations> = {
  [Name in keyof D & string]: { readonly event: Name } & {
    readonly [Field in keyof D[Name]["fields"]]: ValueOf<D[Name]["fields"][Field]> | null;
  };
}[keyof D & string];

export type Listener<E> = (event: E) => void;

export interface EventSource<E> {
  /** Calls `listener` at once, within the turn in which something happens; gives what ends that. */
  subscribe(listener: Listener<E>): () => void;
}

export interface Emitter<E> extends EventSource<E> {
  /** `make` is called only where something listens. */
  emit(make: () => E): void;
  /** Whether anything listens. */
  readonly hasListeners: boolean;
}

/** A reader that fails must not take along what it only looks at. */
function warnOfListener(error: unknown): void {
  process.emitWarning(`a listener of events threw: ${String(error)}`, "BatonWarning");
}

export function createEmitter<E>(): Emitter<E> {
  const listeners = new Set<Listener<E>>();
  return {
    subscribe(listener) {
      const own: Listener<E> = (event) => listener(event);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    get hasListeners() {
      return listeners.size > 0;
    },
    emit(make) {
      if (listeners.size === 0) return;
      const event = make();
      for (const listener of listeners) {
        try {
          const heard: unknown = listener(event);
          if (heard instanceof Promise) heard.catch(warnOfListener);
        } catch (error) {
          warnOfListener(error);
        }
      }
    },
  };
}

/** One source of several: a listener of it gets the events of all. */
export function joinSources<E>(...sources: readonly EventSource<E>[]): EventSource<E> {
  return {
    subscribe(listener) {
      const ends = sources.map((source) => source.subscribe(listener));
      return () => ends.forEach((end) => end());
    },
  };
}

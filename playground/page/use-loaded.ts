/** Something that is asked for when it is first shown, and again when what it depends on has changed. */
import { useEffect, useState } from "preact/hooks";
import { api } from "./store.ts";

export interface Loaded<T> {
  readonly value: T | null;
  readonly mistake: string | null;
}

/** Whether neither it nor a mistake is there yet. */
export const isPending = ({ value, mistake }: Loaded<unknown>): boolean => value === null && mistake === null;

/** `path` is null while there is nothing to ask for. */
export function useLoaded<T>(path: string | null, again: unknown = 0): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T> & { readonly path: string | null }>({
    value: null,
    mistake: null,
    path: null,
  });
  useEffect(() => {
    if (path === null) return;
    let isOver = false;
    api.get<T>(path).then(
      (value) => isOver || setLoaded({ value, mistake: null, path }),
      (error: unknown) =>
        isOver || setLoaded({ value: null, mistake: error instanceof Error ? error.message : String(error), path }),
    );
    return () => {
      isOver = true;
    };
  }, [path, again]);
  // What was loaded for another path is not this one's.
  return loaded.path === path ? loaded : { value: null, mistake: null };
}

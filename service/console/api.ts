/** Calls to the API of the service that served the console, by the session's cookie, and views that ask again by the clock. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, createApi, type Api } from "../../playground/kit/index.ts";

/** A page of another origin cannot send this header unasked, so a change never comes from one. */
const api: Api = createApi("", () => ({ "x-baton-console": "1" }));
let signedOut = (): void => {};

export const onSignedOut = (then: () => void): void => {
  signedOut = then;
};

async function watched<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) signedOut();
    throw error;
  }
}

export const get = <T>(path: string): Promise<T> => watched(api.get<T>(path));
export const send = <T>(method: string, path: string, body?: unknown): Promise<T> =>
  watched(api.send<T>(method, path, body));

export interface Polled<T> {
  readonly data: T | null;
  readonly error: string | null;
  refresh(): void;
}

/** Asks at once and then again and again, but not while the page is out of sight. Null: nothing is asked. */
export function usePolled<T>(path: string | null, everyMs = 5_000): Polled<T> {
  const [data, setData] = useState<T | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  const of = useRef(path);
  useEffect(() => {
    if (of.current !== path) setData(null);
    of.current = path;
    if (path === null) return undefined;
    let isOver = false;
    let timer = 0;
    const ask = async (): Promise<void> => {
      if (document.visibilityState === "visible") {
        try {
          const answer = await get<T>(path);
          if (isOver) return;
          setData(answer);
          setError(null);
        } catch (failure) {
          if (isOver) return;
          setError(textOf(failure));
        }
      }
      timer = window.setTimeout(() => void ask(), everyMs);
    };
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [path, everyMs, round]);
  const refresh = useCallback(() => setRound((before) => before + 1), []);
  return { data, error, refresh };
}

export const textOf = (failure: unknown): string =>
  failure instanceof ApiError ? `${failure.message} (${failure.code})` : String(failure);

/** A path of the API from its parts, each of them encoded. */
export function at(...parts: readonly string[]): string {
  return `/v1/${parts.map(encodeURIComponent).join("/")}`;
}

export function query(given: Readonly<Record<string, string | number | undefined>>): string {
  const filled = Object.entries(given).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(filled.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}

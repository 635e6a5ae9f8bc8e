/** Calls to the server that served the page, and its stream of events. A call that fails rejects with an ApiError that a person can read. */

export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

export interface Api {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  send<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** `headers` are added to every call, such as a console's token against forged requests. */
export function createApi(base: string, headers: () => Readonly<Record<string, string>> = () => ({})): Api {
  const send = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const hasBody = body !== undefined;
    const response = await fetch(base + path, {
      method,
      credentials: "same-origin",
      headers: { accept: "application/json", ...(hasBody && { "content-type": "application/json" }), ...headers() },
      ...(hasBody && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new ApiError(
        0,
        "UNREACHED",
        `The server does not answer (${error instanceof Error ? error.message : "?"}).`,
      );
    });
    const text = await response.text();
    const read = parsed(text);
    if (response.ok) return read as T;
    const { code = "FAILED", detail, message = detail ?? text.slice(0, 300) } = errorOf(read);
    throw new ApiError(response.status, code, message === "" ? `The server answered ${response.status}.` : message);
  };
  return {
    send,
    get: (path) => send("GET", path),
    post: (path, body = {}) => send("POST", path, body),
  };
}

function parsed(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

interface Told {
  readonly code?: string;
  readonly message?: string;
  readonly detail?: string;
}

/** `{ error: { code, message } }`, `{ code, message }` and problems with `detail` (RFC 9457) are in use. */
function errorOf(read: unknown): Told {
  const outer = (read ?? {}) as { readonly error?: object };
  return (typeof outer.error === "object" ? outer.error : outer) as Told;
}

/** Follows server-sent events whose data are JSON. The browser connects again by itself; `onState` is called with each change. */
export function followEvents(
  url: string,
  onEvent: (event: never) => void,
  onState: (isConnected: boolean) => void = () => {},
): () => void {
  const source = new EventSource(url);
  source.addEventListener("open", () => onState(true));
  source.addEventListener("error", () => onState(false));
  source.addEventListener("message", ({ data }) => onEvent(JSON.parse(data as string) as never));
  return () => source.close();
}

/** Server-sent events as an async iterable: after an outage it asks again from the last event that it saw. */
import { BatonError, toError } from "./problem.ts";

export interface ServerEvent {
  /** Where to go on from. */
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

const AGAIN_MS = 1_000;

export async function* events(
  send: typeof globalThis.fetch,
  request: (headers: Readonly<Record<string, string>>) => [URL, RequestInit],
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<ServerEvent> {
  let last = "";
  let begun = false;
  const over = (): boolean => signal.aborted;
  while (!over()) {
    try {
      const response = await send(...request(last === "" ? {} : { "last-event-id": last }));
      if (!response.ok) throw await toError(response);
      begun = true;
      for await (const event of read(response)) {
        if (event.id !== "") last = event.id;
        yield event;
      }
      // A stream that was asked not to follow ends by itself.
      if (new URL(response.url || request({})[0]).searchParams.get("follow") === "false") return;
    } catch (error) {
      if (over()) return;
      // What never began, and what is refused, is the caller's to know.
      if (!begun || (error instanceof BatonError && error.status < 500)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function* read(response: Response): AsyncGenerator<ServerEvent> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const event = parse(text.slice(0, end));
      text = text.slice(end + 2);
      if (event !== null) yield event;
    }
  }
}

function parse(block: string): ServerEvent | null {
  let id = "";
  let event = "message";
  let data: string | null = null;
  for (const line of block.split("\n")) {
    if (line.startsWith("id: ")) id = line.slice(4);
    else if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("data: ")) data = data === null ? line.slice(6) : `${data}\n${line.slice(6)}`;
  }
  return data === null ? null : { id, event, data: JSON.parse(data) as unknown };
}

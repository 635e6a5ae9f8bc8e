/** Reads server-sent events as a client does. */
export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

export interface EventStream {
  /** The next so many; rejects when the stream ends before. */
  take(count: number): Promise<ServerEvent[]>;
  close(): void;
}

export async function readEvents(url: URL, headers: Readonly<Record<string, string>>): Promise<EventStream> {
  const stop = new AbortController();
  const response = await fetch(url, { headers, signal: stop.signal });
  if (response.status !== 200) throw new Error(`The stream answered ${response.status}: ${await response.text()}`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const ready: ServerEvent[] = [];
  let text = "";
  /** The first chunk says that the listener is there. */
  const read = async (): Promise<void> => {
    const { value, done } = await reader.read();
    if (done) throw new Error("The stream ended.");
    text += value;
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const event = parse(text.slice(0, end));
      text = text.slice(end + 2);
      if (event !== null) ready.push(event);
    }
  };
  await read();
  return {
    async take(count) {
      while (ready.length < count) await read();
      return ready.splice(0, count);
    },
    close: () => stop.abort(),
  };
}

function parse(block: string): ServerEvent | null {
  const fields = new Map(
    block.split("\n").flatMap((line) => {
      const at = line.indexOf(": ");
      return at > 0 ? [[line.slice(0, at), line.slice(at + 2)] as const] : [];
    }),
  );
  const data = fields.get("data");
  if (data === undefined) return null;
  return {
    id: fields.get("id") ?? "",
    event: fields.get("event") ?? "message",
    data: JSON.parse(data) as Record<string, unknown>,
  };
}

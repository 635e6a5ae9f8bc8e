// A client of the inspector's protocol that sets breakpoints by file and line as editors do: it reads the source map that comes with a script,
// looks up where the line is in it, and sets the breakpoint there.
import { LEAST_UPPER_BOUND, TraceMap, generatedPositionFor, originalPositionFor } from "@jridgewell/trace-mapping";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocket } from "undici";

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly name: string;
}

export interface Pause {
  readonly reason: string;
  /** Frames of the author's own files, the innermost first. */
  readonly frames: readonly (Place & { readonly id: string })[];
  /** What began the callbacks that are running, as titles and places. */
  readonly async: readonly { readonly title: string; readonly frames: readonly Place[] }[];
}

interface RawFrame {
  readonly callFrameId: string;
  readonly functionName: string;
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number };
}

interface AsyncTrace {
  readonly description?: string;
  readonly callFrames: readonly {
    readonly scriptId: string;
    readonly functionName: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  }[];
  readonly parent?: AsyncTrace;
}

type Params = Readonly<Record<string, unknown>>;

export class Client {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, PromiseWithResolvers<Params>>();
  readonly #maps = new Map<string, TraceMap>();
  readonly #ignored = new Map<string, ReadonlySet<number>>();
  readonly #urls = new Map<string, string>();
  readonly #pauses: Pause[] = [];
  readonly #whenParsed: (() => void)[] = [];
  #whenPaused: ((pause: Pause) => void) | null = null;
  #ids = 0;
  readonly closed: Promise<void>;
  /** What a debugger's console shows. */
  readonly console: string[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", () => {
        for (const { reject } of this.#answers.values()) reject(new Error("the inspector has gone"));
        resolve();
      });
    });
    socket.addEventListener("message", ({ data }) => this.#onMessage(JSON.parse(String(data))));
  }

  /** Attaches, and has all scripts announced; nothing runs on before `ready`. */
  static async attach(url: string): Promise<Client> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error(`nothing listens on ${url}`)));
    });
    const client = new Client(socket);
    await client.send("Runtime.enable");
    await client.send("Debugger.enable");
    await client.send("Debugger.setAsyncCallStackDepth", { maxDepth: 32 });
    return client;
  }

  send(method: string, params: Params = {}): Promise<Params> {
    const id = ++this.#ids;
    const answer = Promise.withResolvers<Params>();
    this.#answers.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer.promise;
  }

  /** What waits for a client goes on. */
  async ready(): Promise<void> {
    await this.send("Runtime.runIfWaitingForDebugger");
  }

  /** `line` counts from 1, in the author's file of that name; `column` from 0. */
  async breakAt(file: string, line: number, more: { readonly column?: number; readonly condition?: string } = {}): Promise<void> {
    const { column = 0, ...rest } = more;
    await this.send("Debugger.setBreakpointByUrl", { ...this.placeOf(file, line, column), ...rest });
  } // prettier-ignore

  /** Where a place of the author's is in the script, as the protocol names it. */
  placeOf(file: string, line: number, column = 0): { readonly url: string; readonly lineNumber: number; readonly columnNumber: number } {
    for (const [scriptId, map] of this.#maps) {
      const source = map.sources.find((url) => url !== null && basename(url) === file);
      if (source === undefined || source === null) continue;
      const at = generatedPositionFor(map, { source, line, column, bias: LEAST_UPPER_BOUND });
      if (at.line === null) throw new Error(`${file}:${line} is nowhere in the script`);
      return { url: this.#urls.get(scriptId)!, lineNumber: at.line - 1, columnNumber: at.column };
    }
    throw new Error(`no script is made of ${file}`);
  } // prettier-ignore

  /** Until a script is there that is made of that file. */
  async scriptOf(file: string): Promise<void> {
    const isThere = (): boolean =>
      [...this.#maps.values()].some(({ sources }) => sources.some((url) => url !== null && basename(url) === file));
    while (!isThere()) await new Promise<void>((resolve) => this.#whenParsed.push(resolve));
  }

  /** The author's files that scripts are made of, as paths. */
  get files(): string[] {
    return [...this.#maps.values()].flatMap(({ sources }) =>
      sources.filter((url) => url?.startsWith("file:") === true).map((url) => fileURLToPath(url!)),
    );
  }

  paused(): Promise<Pause> {
    const pause = this.#pauses.shift();
    if (pause !== undefined) return Promise.resolve(pause);
    return new Promise((resolve) => {
      this.#whenPaused = resolve;
    });
  }

  async resume(): Promise<void> {
    await this.send("Debugger.resume");
  }

  /** Where the next pause is, after one step. */
  async step(kind: "Over" | "Into" | "Out"): Promise<Pause> {
    await this.send(`Debugger.step${kind}`);
    return this.paused();
  }

  async evaluate(frame: { readonly id: string }, expression: string): Promise<unknown> {
    const asked = { callFrameId: frame.id, expression, returnByValue: true };
    const { result } = await this.send("Debugger.evaluateOnCallFrame", asked);
    return (result as { readonly value?: unknown }).value;
  }

  close(): void {
    this.#socket.close();
  }

  #onMessage({ id, method, params, result, error }: Params): void {
    if (typeof id === "number") {
      const answer = this.#answers.get(id);
      this.#answers.delete(id);
      if (error === undefined) answer?.resolve(result as Params);
      else answer?.reject(new Error(JSON.stringify(error)));
      return;
    }
    const told = params as Params;
    if (method === "Debugger.scriptParsed") this.#keepScript(told);
    if (method === "Debugger.paused") this.#onPaused(told);
    if (method === "Runtime.consoleAPICalled") {
      const values = (told["args"] as readonly { readonly value?: unknown }[]).map(({ value }) => String(value));
      this.console.push(`${String(told["type"])}: ${values.join(" ")}`);
    }
  }

  #keepScript({ scriptId, url, sourceMapURL }: Params): void {
    this.#urls.set(String(scriptId), String(url));
    const map = /^data:application\/json[^,]*;base64,(.*)$/.exec(String(sourceMapURL))?.[1];
    if (map === undefined) return;
    const read = JSON.parse(Buffer.from(map, "base64").toString("utf8")) as { ignoreList?: number[] };
    this.#maps.set(String(scriptId), new TraceMap(read as never));
    this.#ignored.set(String(scriptId), new Set(read.ignoreList));
    for (const tell of this.#whenParsed.splice(0)) tell();
  }

  #onPaused({ reason, callFrames, asyncStackTrace }: Params): void {
    const frames = (callFrames as readonly RawFrame[]).flatMap(({ callFrameId, functionName, location }) => {
      const place = this.#placeOf(location.scriptId, location.lineNumber, location.columnNumber, functionName);
      return place === null ? [] : [{ id: callFrameId, ...place }];
    });
    const pause = { reason: String(reason), frames, async: this.#asyncOf(asyncStackTrace as AsyncTrace | undefined) };
    const tell = this.#whenPaused;
    this.#whenPaused = null;
    if (tell === null) this.#pauses.push(pause);
    else tell(pause);
  }

  #asyncOf(trace: AsyncTrace | undefined): Pause["async"] {
    if (trace === undefined) return [];
    const frames = trace.callFrames.flatMap(({ scriptId, lineNumber, columnNumber, functionName }) => {
      const place = this.#placeOf(scriptId, lineNumber, columnNumber, functionName);
      return place === null ? [] : [place];
    });
    return [{ title: trace.description ?? "", frames }, ...this.#asyncOf(trace.parent)];
  }

  #placeOf(scriptId: string, line: number, column: number, name: string): Place | null {
    const map = this.#maps.get(scriptId);
    if (map === undefined) return null;
    const found = originalPositionFor(map, { line: line + 1, column });
    if (found.source === null || this.#ignored.get(scriptId)?.has(map.sources.indexOf(found.source))) return null;
    return { file: basename(found.source), line: found.line, name };
  }
}

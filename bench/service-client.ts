/**
 * A client of the service in a process of its own, so that it shares no event loop with what is measured. It writes requests as bytes and reads no
 * more of an answer than its length, for what it computes is taken from the service's processors.
 */
import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface Orders {
  readonly port: number;
  readonly key: string;
  readonly tenant: string;
  readonly context: unknown;
  readonly connections: number;
  /** Milliseconds from an answer to the next request. */
  readonly gapMs: number;
  readonly forMs: number;
  /** Requests of all connections after which it ends before that. */
  readonly most?: number;
  /** Each request has an Idempotency-Key of its own. */
  readonly keyed?: boolean;
}

export interface Report {
  readonly samples: readonly number[];
  /** How many answers of each status. */
  readonly statuses: Readonly<Record<string, number>>;
}

const HEAD_END = "\r\n\r\n";

/** One connection, one request at a time. */
class Line {
  readonly #socket: Socket;
  #text = "";
  #answered: ((status: string) => void) | null = null;
  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true).setEncoding("latin1");
    socket.on("data", (chunk: string) => this.#read(chunk));
    socket.on("close", () => this.#answered?.("closed"));
  }
  ask(bytes: string): Promise<string> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.write(bytes);
    });
  }
  end(): void {
    this.#socket.destroy();
  }
  #read(chunk: string): void {
    this.#text += chunk;
    const head = this.#text.indexOf(HEAD_END);
    if (head === -1) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#text.slice(0, head))?.[1] ?? 0);
    if (this.#text.length < head + HEAD_END.length + length) return;
    const status = this.#text.slice(9, 12);
    this.#text = "";
    const answered = this.#answered;
    this.#answered = null;
    answered?.(status);
  }
}

async function open(port: number): Promise<Line> {
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return new Line(socket);
}

async function work({
  port,
  key,
  tenant,
  context,
  connections,
  gapMs,
  forMs,
  most = Infinity,
  keyed,
}: Orders): Promise<Report> {
  const body = JSON.stringify({ context });
  const head = `POST /v1/tenants/${tenant}/actions/a/executions HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  const samples: number[] = [];
  const statuses: Record<string, number> = {};
  const until = performance.now() + forMs;
  let asked = 0;
  const one = async (): Promise<void> => {
    const line = await open(port);
    while (asked < most && performance.now() < until) {
      asked += 1;
      const own = keyed === true ? `idempotency-key: ${tenant}-${process.pid}-${asked}\r\n` : "";
      const begun = performance.now();
      const status = await line.ask(`${head}${own}\r\n${body}`);
      samples.push(performance.now() - begun);
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status === "closed") return;
      if (gapMs > 0) await delay(gapMs);
    }
    line.end();
  };
  await Promise.all(Array.from({ length: connections }, one));
  return { samples, statuses };
}

/** Starts the process, and gives what it found. */
export function load(orders: Orders): Promise<Report> {
  const script = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, ["--no-warnings", script, JSON.stringify(orders)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(text) as Report);
      else reject(new Error(`A client ended with ${code}.`));
    });
  });
}

if (import.meta.main) process.stdout.write(JSON.stringify(await work(JSON.parse(process.argv[2] ?? "{}") as Orders)));

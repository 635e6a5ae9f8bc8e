/**
 * The worker's half of a run's journal. It stands between a run and its guest's turns: live, it writes them down; replayed, it decides which comes
 * next. The guest's clock stands still within a turn, and its random bytes are the stream of one key, so that neither has to be written down.
 */
import { type Cipheriv, createCipheriv, createHash } from "node:crypto";
import type { JournalRequest, Turn, WorkerJournal, WorkerReply } from "../journal.ts";
import type { Answer } from "../protocol/host-frames.ts";
import type { PlatformReply } from "./platform.ts";

/** The values of `journal.ts`, whose schemas are the host's. */
const MAX_TURNS = 50_000;
const MAX_REPLIES = 20_000;
const MAX_REPLY_CHARS = 4 * 1024 * 1024;
const MAX_CALLS = 100_000;
const MAX_RANDOM_BYTES = 65_536;
const PER_LINE = 1_000;
const REPLIES_PER_LINE = 20;

export type TurnKind = Turn["kind"];

/** An answer of the host that waits for its turn. */
export interface Arrived {
  readonly answer: Answer;
  readonly bytes: Uint8Array | undefined;
}

/** A call of a function of the worker's platform. */
export interface Asked {
  readonly name: string;
  readonly args: string;
  readonly bytes: Uint8Array | undefined;
  /** Whether it answers otherwise each time. */
  readonly varies: boolean;
}

/** The next turn of a replayed run; `wait` for an answer of the host, `over` where nothing is left to come. */
export type Next =
  | { readonly kind: "answer"; readonly handle: number; readonly arrived: Arrived }
  | { readonly kind: "timer"; readonly handle: number }
  | "wait"
  | "over";

export class RunJournal {
  readonly seed: string;
  readonly #key: Buffer;
  readonly #now: string | null;
  readonly #began = Date.now();
  readonly #turns: Turn[] = [];
  readonly #calls: string[] = [];
  readonly #replies: WorkerReply[] = [];
  readonly #ordinals = { answer: new Map<number, number>(), timer: new Map<number, number>() };
  readonly #counts = { answer: 0, timer: 0 };
  #replyChars = 0;
  #stream: Cipheriv | undefined;
  #lost: string | null = null;

  constructor({ entropy, seed }: JournalRequest, now: string | null) {
    this.seed = seed;
    this.#key = Buffer.from(entropy, "hex");
    this.#now = now;
  }

  /** Notes that a turn begins and gives the time that the guest's clock shows all through it. */
  enter(kind: TurnKind, handle: number): number {
    const of = kind === "start" ? 0 : (this.#ordinals[kind].get(handle) ?? 0);
    if (kind !== "start") this.#ordinals[kind].delete(handle);
    const at = this.timeOf(kind, of);
    if (this.#turns.length < MAX_TURNS) this.#turns.push({ kind, of, at });
    else this.#lost ??= `it had more than ${MAX_TURNS} turns`;
    return at;
  }

  protected timeOf(_kind: TurnKind, _of: number): number {
    if (this.#now === null) return Date.now();
    return Date.parse(this.#now) + (Date.now() - this.#began);
  }

  /** A call went to the host, or a timer was set. */
  open(kind: "answer" | "timer", handle: number, _ms: number): number {
    const of = ++this.#counts[kind];
    this.#ordinals[kind].set(handle, of);
    return of;
  }

  noteCall(name: string): void {
    if (this.#calls.length < MAX_CALLS) this.#calls.push(name);
    else this.#lost ??= `it made more than ${MAX_CALLS} calls`;
  }

  random(count: number): Uint8Array {
    const size = Math.min(Math.max(0, Math.trunc(count) || 0), MAX_RANDOM_BYTES);
    this.#stream ??= createCipheriv("aes-256-ctr", this.#key, Buffer.alloc(16));
    // Bytes of their own: a Buffer may be a window on memory that others share.
    return new Uint8Array(this.#stream.update(Buffer.alloc(size)));
  }

  /** What `make` answers: kept where it would be another answer a second time, as an error may be that says what a busy machine cannot do. */
  reply(asked: Asked, make: () => PlatformReply | null): PlatformReply | null {
    const made = this.repliedBefore(asked) ?? make();
    if (made !== null && (asked.varies || isError(made))) {
      this.#keep({ name: asked.name, of: digestOf(asked), ...partsOf(made) });
    }
    return made;
  }

  protected repliedBefore(_asked: Asked): PlatformReply | null {
    return null;
  }

  #keep(reply: WorkerReply): void {
    this.#replyChars += reply.json.length + (reply.bytes?.length ?? 0);
    if (this.#replies.length < MAX_REPLIES && this.#replyChars < MAX_REPLY_CHARS) this.#replies.push(reply);
    else this.#lost ??= "it was answered too much by its worker";
  }

  /** What the host is given at the end: lines of JSON text, each of a size that it can read in one go. */
  get written(): Buffer {
    const pieces: Partial<WorkerJournal>[] = [{ lost: this.#lost }];
    for (let at = 0; at < this.#turns.length; at += PER_LINE)
      pieces.push({ turns: this.#turns.slice(at, at + PER_LINE) });
    for (let at = 0; at < this.#calls.length; at += PER_LINE)
      pieces.push({ calls: this.#calls.slice(at, at + PER_LINE) });
    for (let at = 0; at < this.#replies.length; at += REPLIES_PER_LINE)
      pieces.push({ replies: this.#replies.slice(at, at + REPLIES_PER_LINE) });
    return Buffer.from(pieces.map((piece) => JSON.stringify(piece)).join("\n"));
  }
}

function isError(reply: PlatformReply): boolean {
  return typeof reply === "string" && reply.startsWith('{"ok":false');
}

function digestOf({ name, args, bytes }: Asked): string {
  const hash = createHash("sha256").update(`${name}\n${args}\n`);
  return hash.update(bytes ?? new Uint8Array()).digest("base64");
}

function partsOf(reply: PlatformReply): Pick<WorkerReply, "json" | "bytes"> {
  if (typeof reply === "string") return { json: reply, bytes: null };
  return { json: reply.json, bytes: Buffer.from(reply.bytes).toString("base64") };
}

interface Due {
  readonly kind: "answer" | "timer";
  readonly handle: number;
  readonly of: number;
  readonly at: number;
}

/** The turn driver of a replay: by the turns that were recorded, or where there are none by a time that passes only as something comes due. */
export class ReplayedJournal extends RunJournal {
  readonly #turns: readonly Turn[] | null;
  readonly #replies: WorkerReply[];
  readonly #open: Due[] = [];
  readonly #arrived = new Map<number, Arrived & { readonly afterMs: number }>();
  #next = 1;
  #time: number;

  constructor(request: Extract<JournalRequest, { mode: "replay" }>, now: string | null) {
    super(request, now);
    this.#turns = request.turns;
    this.#replies = [...request.replies];
    this.#time = request.startAt;
  }

  override open(kind: "answer" | "timer", handle: number, ms: number): number {
    const of = super.open(kind, handle, ms);
    this.#open.push({ kind, handle, of, at: this.#time + ms });
    return of;
  }

  /** A timer was given up. */
  cancel(handle: number): void {
    const index = this.#open.findIndex((due) => due.kind === "timer" && due.handle === handle);
    if (index >= 0) this.#open.splice(index, 1);
  }

  arrive(handle: number, arrived: Arrived, afterMs: number): void {
    this.#arrived.set(handle, { ...arrived, afterMs });
  }

  next(): Next {
    const due = this.#turns === null ? this.#soonest() : this.#recorded(this.#turns);
    if (typeof due === "string") return due;
    this.#open.splice(this.#open.indexOf(due), 1);
    this.#next++;
    if (due.kind === "timer") return { kind: "timer", handle: due.handle };
    const arrived = this.#arrived.get(due.handle)!;
    this.#arrived.delete(due.handle);
    return { kind: "answer", handle: due.handle, arrived };
  }

  #recorded(turns: readonly Turn[]): Due | "wait" | "over" {
    const turn = turns[this.#next];
    const due = turn && this.#open.find(({ kind, of }) => kind === turn.kind && of === turn.of);
    if (due === undefined) return "over";
    if (due.kind === "answer" && !this.#arrived.has(due.handle)) return "wait";
    this.#time = turn!.at;
    return due;
  }

  /** Answers take as long as they did, so none can be passed by before all are here. */
  #soonest(): Due | "wait" | "over" {
    let soonest: Due | undefined;
    let least = Infinity;
    for (const due of this.#open) {
      const arrived = due.kind === "answer" ? this.#arrived.get(due.handle) : undefined;
      if (due.kind === "answer" && arrived === undefined) return "wait";
      const at = due.at + (arrived?.afterMs ?? 0);
      if (at >= least) continue;
      least = at;
      soonest = due;
    }
    if (soonest === undefined) return "over";
    this.#time = Math.max(this.#time, least);
    return soonest;
  }

  protected override timeOf(): number {
    return this.#time;
  }

  protected override repliedBefore(asked: Asked): PlatformReply | null {
    if (!this.#replies.some(({ name }) => name === asked.name)) return null;
    const of = digestOf(asked);
    const index = this.#replies.findIndex((reply) => reply.of === of);
    if (index < 0) return null;
    const [{ json, bytes }] = this.#replies.splice(index, 1) as [WorkerReply];
    return bytes === null ? json : { json, bytes: new Uint8Array(Buffer.from(bytes, "base64")) };
  }
}

export function openJournal(request: JournalRequest | null | undefined, now: string | null): RunJournal | null {
  if (!request) return null;
  return request.mode === "record" ? new RunJournal(request, now) : new ReplayedJournal(request, now);
}

/**
 * Reads what a compile process sends. That process may be in a source's hands: every part is measured against what was asked before any of it is kept, what
 * comes unasked breaks the channel, and a long head is read in slices.
 */
import * as z from "zod";
import { parseJson } from "../../base/large-json/read.ts";
import { createSlices } from "../../base/slices.ts";
import { HEAD, HEAD_BYTES, LATIN1, PART_HEADER_BYTES, READY, TEXTS, UTF16, scriptRoom, textRoom } from "./answer.ts";
import type { CompileRequest, CompileResult } from "./messages.ts";

type Asked = Pick<CompileRequest, "bundleBytes">;

export interface AnswerEvents {
  onReady(): void;
  /** All of an answer has come; what it says is still to be read. */
  onWhole(): void;
  onResult(result: CompileResult): void;
  /** What sends is not to be trusted any more. Nothing is read after that. */
  onBroken(): void;
}

/** Reads of the channel that one answer may take beside one for so many of its bytes: it comes in large pieces. */
const READS = 1_000;
const BYTES_A_READ = 512;

export class AnswerReader {
  readonly #events: AnswerEvents;
  #asked: Asked | null = null;
  /** Languages that are still to be said to be loaded: the first, before anything is asked. */
  #loading = 1;
  #isBroken = false;
  #part: { readonly kind: number; readonly bytes: Buffer; filled: number } | null = null;
  readonly #header = Buffer.alloc(PART_HEADER_BYTES);
  #headerFilled = 0;
  #texts: string[] = [];
  #textBytes = 0;
  #reads = 0;
  #bytes = 0;

  constructor(events: AnswerEvents) {
    this.#events = events;
  }

  /** One answer may come from now on. `loads`: and before it word that its language is loaded. */
  expect(asked: Asked, loads: boolean): void {
    this.#asked = asked;
    if (loads) this.#loading += 1;
    this.#reads = 0;
    this.#bytes = 0;
  }

  read(chunk: Buffer): void {
    if (this.#isBroken) return;
    this.#bytes += chunk.length;
    if (++this.#reads > READS + this.#bytes / BYTES_A_READ) return this.#break();
    for (let at = 0; at < chunk.length && !this.#isBroken;) at += this.#take(chunk, at);
  }

  /** How many bytes were taken. */
  #take(chunk: Buffer, at: number): number {
    if (this.#part === null) {
      const taken = chunk.copy(this.#header, this.#headerFilled, at);
      this.#headerFilled += taken;
      if (this.#headerFilled === PART_HEADER_BYTES)
        this.#begin(this.#header.readUInt8(0), this.#header.readUInt32LE(1));
      return taken;
    }
    const taken = chunk.copy(this.#part.bytes, this.#part.filled, at);
    this.#part.filled += taken;
    if (this.#part.filled === this.#part.bytes.length) this.#end(this.#part.kind, this.#part.bytes);
    return taken;
  }

  #begin(kind: number, length: number): void {
    this.#headerFilled = 0;
    if (length > this.#room(kind)) return this.#break();
    if (length === 0) return this.#end(kind, Buffer.alloc(0));
    this.#part = { kind, bytes: Buffer.allocUnsafe(length), filled: 0 };
  }

  /** Bytes that a part of this kind may have here and now; less than none where there may be no such part. */
  #room(kind: number): number {
    if (kind === READY) return this.#loading > 0 ? 0 : -1;
    if (this.#asked === null || this.#loading > 0) return -1;
    if (kind === HEAD) return HEAD_BYTES;
    if ((kind !== LATIN1 && kind !== UTF16) || this.#texts.length === TEXTS) return -1;
    const left = textRoom(this.#asked) - this.#textBytes;
    return this.#texts.length === 0 ? Math.min(left, scriptRoom(this.#asked)) : left;
  }

  #end(kind: number, bytes: Buffer): void {
    this.#part = null;
    switch (kind) {
      case READY:
        this.#loading -= 1;
        return this.#events.onReady();
      case HEAD:
        return this.#finish(bytes.toString("utf8"));
      default:
        this.#textBytes += bytes.length;
        this.#texts.push(bytes.toString(kind === LATIN1 ? "latin1" : "utf16le"));
    }
  }

  #finish(head: string): void {
    const texts = this.#texts;
    this.#asked = null;
    this.#texts = [];
    this.#textBytes = 0;
    this.#events.onWhole();
    readHead(head, texts).then(
      (result) => {
        if (!this.#isBroken) this.#events.onResult(result);
      },
      () => this.#break(),
    );
  }

  #break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#part = null;
    this.#texts = [];
    this.#events.onBroken();
  }
}

const count = z.int().min(0);
const fileStamp = z.object({ path: z.string(), stamp: z.string().nullable() });
const content = z.tuple([z.string(), z.string()]);
const diagnostic = z.object({
  code: z.string(),
  message: z.string(),
  file: z.string().nullable(),
  line: z.number().nullable(),
  column: z.number().nullable(),
  frame: z.string().nullable(),
  severity: z.enum(["error", "warning"]),
});
const mark = z.object({
  generatedLine: count,
  generatedColumn: count,
  at: count,
  source: count,
  line: count,
  column: count,
  hasSource: z.boolean(),
});
/** Lists of files are read one by one, behind it. */
const list = z.array(z.unknown());
const headSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("built"),
    texts: z.union([z.literal(2), z.literal(TEXTS)]),
    inputs: list,
    warnings: list,
    index: z
      .object({
        sources: list,
        lengths: list,
        marks: list,
        lines: list,
        entry: z.object({ line: count, column: count }).nullable(),
      })
      .nullable(),
    stamps: list,
    contents: list,
  }),
  z.object({ type: z.literal("too_large"), texts: z.literal(0), bytes: count, stamps: list, contents: list }),
  z.object({ type: z.literal("failed"), texts: z.literal(0), diagnostics: list.min(1), stamps: list, contents: list }),
]);

/** Throws for what our compile process would not send. */
async function readHead(text: string, texts: readonly string[]): Promise<CompileResult> {
  const slices = createSlices();
  const each = async <Item>(schema: z.ZodType<Item>, items: readonly unknown[]): Promise<Item[]> => {
    const read: Item[] = [];
    for (const item of items) {
      read.push(schema.parse(item));
      const pause = read.length % ITEMS === 0 ? slices.pause() : undefined;
      if (pause !== undefined) await pause;
    }
    return read;
  };
  const head = headSchema.parse(await parseJson(text, slices));
  if (head.texts !== texts.length) throw new Error("texts that the head does not speak of");
  const files = { stamps: await each(fileStamp, head.stamps), contents: await each(content, head.contents) };
  switch (head.type) {
    case "too_large":
      return { type: "too_large", bytes: head.bytes, ...files };
    case "failed":
      return { type: "failed", diagnostics: await each(diagnostic, head.diagnostics), ...files };
    case "built":
  }
  const [script, map, mappings, joined] = texts as [string, string, string?, string?];
  const { index } = head;
  if ((index === null) !== (mappings === undefined)) throw new Error("an index without its texts");
  const built = {
    type: "built" as const,
    script,
    map,
    inputs: await each(z.string(), head.inputs),
    warnings: await each(diagnostic, head.warnings),
    ...files,
  };
  if (index === null) return { ...built, index };
  const lengths = await each(count.nullable(), index.lengths);
  return {
    ...built,
    index: {
      sources: await each(z.string(), index.sources),
      contents: cut(joined!, lengths),
      mappings: mappings!,
      marks: await each(mark, index.marks),
      lines: await each(z.array(z.object({ line: count, at: count })), index.lines),
      entry: index.entry,
    },
  };
}

/** Items of a list between two looks at the clock. */
const ITEMS = 32;

function cut(joined: string, lengths: readonly (number | null)[]): (string | null)[] {
  let at = 0;
  return lengths.map((length) => (length === null ? null : joined.slice(at, (at += length))));
}

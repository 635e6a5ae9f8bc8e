/**
 * Writes an answer of the compile process. What does not fit an answer's bounds is left out here, in the order in which it can be missed: first the texts that
 * errors are shown on, then the positions. The host ends a process that passes them.
 */
import type { Writable } from "node:stream";
import { wholeActionError } from "../diagnostic.ts";
import { type AnswerHead, HEAD, HEAD_BYTES, LATIN1, PART_HEADER_BYTES, READY, UTF16, textRoom } from "./answer.ts";
import type { CompileEnd, CompileRequest, CompileResult } from "./messages.ts";

type Asked = Pick<CompileRequest, "filename" | "bundleBytes">;
type Built = Extract<CompileEnd, { type: "built" }>;

export function sendReady(channel: Writable): void {
  channel.write(partOf(READY, Buffer.alloc(0)));
}

export function sendAnswer(channel: Writable, result: CompileResult, asked: Asked): void {
  const fitting = result.type === "built" ? { ...result, ...fit(result, textRoom(asked)) } : result;
  const texts = fitting.type === "built" ? textsOf(fitting) : [];
  const head = Buffer.from(JSON.stringify(headOf(fitting, texts.length)));
  if (head.length > HEAD_BYTES) return sendAnswer(channel, tooMuch(asked), asked);
  for (const text of texts) channel.write(inPart(text));
  channel.write(partOf(HEAD, head));
}

function partOf(kind: number, bytes: Buffer): Buffer {
  const header = Buffer.alloc(PART_HEADER_BYTES);
  header.writeUInt8(kind, 0);
  header.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([header, bytes]);
}

function inPart(text: string): Buffer {
  return isLatin1(text) ? partOf(LATIN1, Buffer.from(text, "latin1")) : partOf(UTF16, Buffer.from(text, "utf16le"));
}

// oxlint-disable-next-line eslint/no-control-regex -- all of Latin-1 is meant
const isLatin1 = (text: string): boolean => !/[^\0-\u00ff]/.test(text);

/** In the order in which the host reads them. */
function textsOf({ script, map, index }: Built): string[] {
  return index === null ? [script, map] : [script, map, index.mappings, index.contents.join("")];
}

function headOf(result: CompileResult, texts: number): AnswerHead {
  if (result.type !== "built") return { ...result, texts };
  const { type, inputs, warnings, stamps, contents, index } = result;
  const files = { type, texts, inputs, warnings, stamps, contents };
  if (index === null) return { ...files, index };
  const { sources, marks, lines, entry } = index;
  const lengths = index.contents.map((content) => content?.length ?? null);
  return { ...files, index: { sources, lengths, marks, lines, entry } };
}

function fit(built: Built, room: number): Built {
  const isTooLong = (one: Built): boolean =>
    textsOf(one).reduce((sum, text) => sum + text.length * (isLatin1(text) ? 1 : 2), 0) > room;
  if (!isTooLong(built)) return built;
  const unseen = withoutTexts(built);
  return isTooLong(unseen) ? withoutPositions(unseen) : unseen;
}

function withoutTexts(built: Built): Built {
  const { map, index } = built;
  const { sourcesContent: _, ...rest } = JSON.parse(map) as { sourcesContent?: unknown };
  if (index === null) return { ...built, map: JSON.stringify(rest) };
  const contents = index.contents.map(() => null);
  return { ...built, map: JSON.stringify(rest), index: { ...index, contents, lines: contents.map(() => []) } };
}

function withoutPositions(built: Built): Built {
  const map = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });
  if (built.index === null) return { ...built, map };
  const { entry } = built.index;
  return { ...built, map, index: { sources: [], contents: [], mappings: "", marks: [], lines: [], entry } };
}

/** An end whose files cannot all be named is not kept: of the one that is named there is no such stamp. */
function tooMuch({ filename }: Asked): CompileResult {
  const text = `${filename} imports so many files that their names alone take more than ${HEAD_BYTES} bytes.`;
  const stamps = [{ path: filename, stamp: "unknown" }];
  return { type: "failed", diagnostics: [wholeActionError("BUNDLE_TOO_LARGE", text, filename)], stamps, contents: [] };
}

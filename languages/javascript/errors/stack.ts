/**
 * Turns a guest's stack text into the author's lines. The text is hostile: any of it may be made up, so only frames that
 * read like V8's are kept, positions count only in the action's own script, and nothing else that names a file is repeated.
 */
import { SCRIPT_NAME } from "../../action.ts";
import { codeFrame, firstLineOf, printable } from "../../code-frame.ts";
import { findEntry } from "./entry-position.ts";
import type { Heading, InnerError, MappedStack } from "../../language.ts";
import type { Position } from "../../position.ts";
import { SourcePositions } from "../../source-positions.ts";

const TEXT_LENGTH = 64 * 1024;
const LINE_LENGTH = 1_000;
const NAME_LENGTH = 120;
const HEADER_LENGTH = 2_000;
const LINES = 200;
const FRAMES = 50;

const EVAL = "(eval at ";
const FRAME = /^\s*at /;
/** What the isolate puts before the stack of an error inside another. */
const INNER = /^(Caused by|Suppressed|Error(?: \d{1,9} of \d{1,9})?): /;
/** Where the error around it has no frames: at the beginning of a text `Error: ` is the name of the error itself. */
const INNER_LATER = /^(?:Caused by|Suppressed|Error \d{1,9} of \d{1,9}): /;
/** What V8 puts where a built-in has no file: `Array.map (<anonymous>)`, `async Promise.all (index 0)`. */
const NATIVE = /^at ([\w$.<>[\] ]{1,120}) \((<anonymous>|native|index \d{1,9})\)$/;

/** The source map of a script that ran under SCRIPT_NAME; the artifact keeps what was looked up in it. */
export interface Mapped {
  readonly map: string;
  readonly positions?: SourcePositions;
}

export function positionsOf({ map, positions }: Mapped): SourcePositions {
  return positions ?? new SourcePositions(map);
}

export function mapStack(given: string | null, bundle: Mapped, heading?: Heading): MappedStack {
  if (given === null || given === "") return {};
  const raw = heading?.replaces === true ? withHeading(given, heading.text) : given;
  const map = positionsOf(bundle);
  const lines = raw.slice(0, TEXT_LENGTH).split(/\r?\n/, LINES);
  const firstFrame = lines.findIndex((line) => FRAME.test(line) || INNER_LATER.test(line));
  const header = lines.slice(0, firstFrame === -1 ? lines.length : firstFrame);
  const frames: string[] = [];
  const inner: { label: string; title: string; position: Position | null }[] = [];
  let own: Position | null = null;
  for (const line of firstFrame === -1 ? [] : lines.slice(firstFrame)) {
    if (frames.length === FRAMES) break;
    const label = INNER.exec(line)?.[1];
    if (label !== undefined) {
      const title = headerText([line]);
      frames.push(title);
      inner.push({ label, title: title.slice(label.length + 2), position: null });
      continue;
    }
    const read = readFrame(line, map);
    if (read === null) continue;
    frames.push(read.text);
    if (read.position === null || !hasSource(map, read.position)) continue;
    own ??= read.position;
    const last = inner.at(-1);
    if (last !== undefined) last.position ??= read.position;
  }
  const text = [headerText(header), ...frames].filter((line) => line !== "").join("\n");
  const frame = own === null ? null : frameAt(map, own);
  return {
    ...(text === "" ? {} : { stack: text }),
    ...(frame === null ? {} : { frame }),
    ...(own === null ? {} : { position: own }),
    ...(inner.length === 0 ? {} : { inner: inner.map((one) => innerError(one, map)) }),
  };
}

function innerError(
  { label, title, position }: { label: string; title: string; position: Position | null },
  map: SourcePositions,
): InnerError {
  const frame = position === null ? null : frameAt(map, position);
  return { label, title, ...(frame === null ? {} : { frame }) };
}

function withHeading(raw: string, heading: string): string {
  const frames = raw.indexOf("\n    at ");
  return frames === -1 ? heading : heading + raw.slice(frames);
}

/** The frame for a position in one of the author's own files, as `position` above or an entry point gives it. */
export function frameOf(position: Position, bundle: Mapped, message?: string): string | null {
  return frameAt(positionsOf(bundle), position, message);
}

export interface EntryPosition extends Position {
  readonly frame: string;
}

/** Where the entry point is defined, for a run that ended without a position of its own. */
export function entryPositionOf(bundle: Mapped & { readonly filename: string }): EntryPosition | null {
  const positions = positionsOf(bundle);
  const source = positions.entry === undefined ? positions.contentOf(bundle.filename) : null;
  const place = positions.entry ?? (source === null ? null : findEntry(source));
  if (place === null) return null;
  const found = { file: bundle.filename, ...place };
  const frame = frameAt(positions, found, "the action's entry point");
  return frame === null ? null : { ...found, frame };
}

function frameAt(map: SourcePositions, { file, line, column }: Position, message?: string): string | null {
  const source = map.contentOf(file);
  return source === null ? null : codeFrame(source, line, column, message, map.lineBefore(file, firstLineOf(line)));
}

function hasSource(map: SourcePositions, { file }: Position): boolean {
  return map.contentOf(file) !== null;
}

function readFrame(line: string, map: SourcePositions): { text: string; position: Position | null } | null {
  if (line.length > LINE_LENGTH || !FRAME.test(line)) return null;
  const text = line.trim();
  const native = NATIVE.exec(text);
  if (native !== null) return { text: `    at ${native[1]} (${native[2]})`, position: null };
  const place = lastPlace(text);
  if (place === null || place.line === 0) return null;
  const position = map.find(place.line, Math.max(0, place.column - 1));
  if (position === null || position.file === "unknown") return null;
  const where = `${printable(position.file)}:${position.line}:${position.column}`;
  return { text: place.name === "" ? `    at ${where}` : `    at ${place.name} (${where})`, position };
}

/** Where in the action's script a frame is; code that the action made with eval counts as the line that called eval. */
function lastPlace(text: string): { name: string; line: number; column: number } | null {
  const start = text.lastIndexOf(`${SCRIPT_NAME}:`);
  if (start === -1) return null;
  const numbers = /^(\d{1,9}):(\d{1,9})(?:\)|$|\), <anonymous>:\d+:\d+\)?$)/.exec(
    text.slice(start + SCRIPT_NAME.length + 1),
  );
  if (numbers === null) return null;
  const before = text.slice("at ".length, start);
  const name = nameBefore(before);
  if (name === null && before !== "" && before !== "async ") return null;
  return { name: functionName(name ?? ""), line: Number(numbers[1]), column: Number(numbers[2]) };
}

/** What stands before ` (` at the end, or before the first `(eval at `. Found without a pattern: one for both is quadratic in hostile text. */
function nameBefore(text: string): string | null {
  if (!text.endsWith("(")) return null;
  const evaluated = text.indexOf(EVAL);
  if (evaluated !== -1 && evaluated + EVAL.length < text.length) return text.slice(0, evaluated).replace(/ $/, "");
  return text.endsWith(" (") ? text.slice(0, -2) : null;
}

/** A name can be anything: a computed method name is the author's text. One that looks like a path is left out. */
function functionName(name: string): string {
  const clean = printable(name).slice(0, NAME_LENGTH);
  return /[/\\]|\w:\w/.test(clean) ? "<anonymous>" : clean;
}

function headerText(lines: readonly string[]): string {
  const text = lines.map((line) => printable(line)).join("\n");
  return text.length > HEADER_LENGTH ? `${text.slice(0, HEADER_LENGTH)}…` : text;
}

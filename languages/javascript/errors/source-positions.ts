/**
 * Looks positions up in a source map without unpacking it. A hostile action can have a map of half a million segments and throw on every run;
 * unpacked, each of those would hold the host up for a tenth of a second and leave tens of megabytes behind. So the mappings stay text: they
 * are read through once, remembering where every so often a line begins, and from there again for each position.
 */
import type { Position } from "./stack.ts";

interface SourceMapText {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
  readonly mappings: string;
}

/** Where a generated line begins in the mappings, and what the numbers there are relative to. */
interface Mark {
  readonly generatedLine: number;
  readonly at: number;
  readonly source: number;
  readonly line: number;
  readonly column: number;
}

interface Found {
  source: number;
  line: number;
  column: number;
}

const MARK_EVERY = 16_384;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const START: Mark = { generatedLine: 1, at: 0, source: 0, line: 0, column: 0 };

export class SourcePositions {
  readonly #text: string;
  #map: SourceMapText | undefined;
  #marks: readonly Mark[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  get #parsed(): SourceMapText {
    return (this.#map ??= JSON.parse(this.#text) as SourceMapText);
  }

  /** `line` counts from 1, `column` from 0. Null where nothing of the sources is. */
  find(line: number, column: number): Position | null {
    const { sources, mappings } = this.#parsed;
    if (this.#marks === undefined) {
      const marks: Mark[] = [];
      walk(mappings, START, Infinity, 0, marks);
      this.#marks = marks;
    }
    const mark = this.#marks.findLast(({ generatedLine }) => generatedLine <= line) ?? START;
    const found = walk(mappings, mark, line, column, null);
    const file = found === null ? undefined : sources[found.source];
    return found === null || file === undefined ? null : { file, line: found.line + 1, column: found.column + 1 };
  }

  /** The text of one of the author's own files. */
  contentOf(file: string): string | null {
    const { sources, sourcesContent } = this.#parsed;
    const index = sources.indexOf(file);
    return index === -1 ? null : (sourcesContent?.[index] ?? null);
  }
}

/** The last segment of `line` that begins at `column` or before it. With `marks` it goes through all lines and leaves marks behind. */
function walk(mappings: string, from: Mark, line: number, column: number, marks: Mark[] | null): Found | null {
  let { generatedLine, at, source } = from;
  let generatedColumn = 0;
  let sourceLine = from.line;
  let sourceColumn = from.column;
  let lastMark = at;
  let found: Found | null = null;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 5) {
      const digit = DIGIT_OF[mappings.charCodeAt(at++)] ?? 0;
      value |= (digit & 31) << shift;
      if ((digit & 32) === 0 || shift >= 30) return (value & 1) === 1 ? -(value >>> 1) : value >>> 1;
    }
  };
  const isEnd = (): boolean => {
    const code = at < mappings.length ? mappings.charCodeAt(at) : SEMICOLON;
    return code === COMMA || code === SEMICOLON;
  };
  while (at < mappings.length && generatedLine <= line) {
    const code = mappings.charCodeAt(at);
    if (code === SEMICOLON) {
      at++;
      generatedLine++;
      generatedColumn = 0;
      if (marks === null || at - lastMark < MARK_EVERY) continue;
      lastMark = at;
      marks.push({ generatedLine, at, source, line: sourceLine, column: sourceColumn });
      continue;
    }
    if (code === COMMA) {
      at++;
      continue;
    }
    generatedColumn += next();
    const hasSource = !isEnd();
    if (hasSource) {
      source += next();
      sourceLine += next();
      sourceColumn += next();
      while (!isEnd()) at++;
    }
    if (generatedLine !== line) continue;
    if (generatedColumn > column) return found;
    found = hasSource ? { source, line: sourceLine, column: sourceColumn } : null;
  }
  return found;
}

const DIGIT_OF: readonly (number | undefined)[] = Object.freeze(
  Array.from({ length: 128 }, (_, code) => {
    const digit = DIGITS.indexOf(String.fromCharCode(code));
    return digit === -1 ? undefined : digit;
  }),
);

/**
 * Looks positions up in a source map without unpacking it. A hostile action can have a map of half a million segments and throw on every run;
 * unpacked, or only read through, each of those would hold the host up. So the compile process makes an index beside the map: the author's
 * texts as they are, and where every so often a segment and a line begins. A position is then a short walk from there.
 */
import type { Position } from "./position.ts";

/** Where a segment ends in the mappings, what it says, and so what the numbers behind it are relative to. */
export interface Mark {
  readonly generatedLine: number;
  readonly generatedColumn: number;
  readonly at: number;
  readonly source: number;
  readonly line: number;
  readonly column: number;
  readonly hasSource: boolean;
}

/** Where the action's entry point is defined in its entry file. */
export interface EntryPlace {
  readonly line: number;
  readonly column: number;
}

/** Every so many lines, where one begins. */
export interface LineMark {
  readonly line: number;
  readonly at: number;
}

export interface PositionIndex {
  readonly sources: readonly string[];
  readonly contents: readonly (string | null)[];
  readonly mappings: string;
  readonly marks: readonly Mark[];
  /** For each of the sources. */
  readonly lines: readonly (readonly LineMark[])[];
  readonly entry: EntryPlace | null;
}

const MARK_EVERY = 4_096;
const LINES_EVERY = 512;
/** Between two marks there is less; more is nothing that our compile process made. */
const LONGEST_WALK = 4 * MARK_EVERY;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const START: Mark = {
  generatedLine: 1, generatedColumn: 0, at: 0, source: 0, line: 0, column: 0, hasSource: false,
}; // prettier-ignore
const FIRST_LINE: LineMark = { line: 1, at: 0 };

/** To be made where time does not matter: it reads the whole map. */
export function indexPositions(map: string, entry: EntryPlace | null): PositionIndex {
  const { sources, sourcesContent, mappings } = JSON.parse(map) as {
    sources: string[];
    sourcesContent?: (string | null)[];
    mappings: string;
  };
  const marks: Mark[] = [];
  walk(mappings, START, Infinity, 0, (mark) => void marks.push(mark));
  const contents = sources.map((_, index) => sourcesContent?.[index] ?? null);
  const lines = contents.map((content) => (content === null ? [] : markLines(content)));
  return { sources, contents, mappings, marks, lines, entry };
}

export class SourcePositions {
  readonly #map: string;
  #index: PositionIndex | undefined;
  /** Undefined where it has not been looked for. */
  readonly entry: EntryPlace | null | undefined;

  constructor(map: string, index?: PositionIndex) {
    this.#map = map;
    this.#index = index;
    this.entry = index?.entry;
  }

  get #made(): PositionIndex {
    return (this.#index ??= indexPositions(this.#map, null));
  }

  /** What is kept beside the map, in characters. */
  get length(): number {
    const { contents, mappings } = this.#made;
    return contents.reduce((sum, content) => sum + (content?.length ?? 0), mappings.length);
  }

  /** `line` counts from 1, `column` from 0. Null where nothing of the sources is. */
  find(line: number, column: number): Position | null {
    const { sources, mappings, marks } = this.#made;
    const mark = marks.findLast((one) => one.generatedLine < line || (one.generatedLine === line && one.generatedColumn <= column)); // prettier-ignore
    const found = walk(mappings, mark ?? START, line, column, null);
    const file = found === null ? undefined : sources[found.source];
    return found === null || file === undefined ? null : { file, line: found.line + 1, column: found.column + 1 };
  }

  /** The text of one of the author's own files. */
  contentOf(file: string): string | null {
    const { sources, contents } = this.#made;
    const index = sources.indexOf(file);
    return index === -1 ? null : (contents[index] ?? null);
  }

  /** A place in the text of a file from which a line is not far. */
  lineBefore(file: string, line: number): LineMark {
    const { sources, lines } = this.#made;
    return lines[sources.indexOf(file)]?.findLast((mark) => mark.line <= line) ?? FIRST_LINE;
  }
}

function markLines(content: string): LineMark[] {
  const marks: LineMark[] = [];
  let line = 1;
  for (let at = content.indexOf("\n"); at !== -1; at = content.indexOf("\n", at + 1)) {
    line += 1;
    if (line % LINES_EVERY === 0) marks.push({ line, at: at + 1 });
  }
  return marks;
}

interface Found {
  readonly source: number;
  readonly line: number;
  readonly column: number;
}

/** The last segment of `line` that begins at `column` or before it. With `onMark` it goes through all lines and leaves marks behind. */
function walk(
  mappings: string,
  from: Mark,
  line: number,
  column: number,
  onMark: ((mark: Mark) => void) | null,
): Found | null {
  let { generatedLine, generatedColumn, at, source } = from;
  let sourceLine = from.line;
  let sourceColumn = from.column;
  let lastMark = at;
  let found: Found | null = from.hasSource && generatedLine === line ? from : null;
  const last = onMark === null ? Math.min(mappings.length, at + LONGEST_WALK) : mappings.length;
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
  while (at < last && generatedLine <= line) {
    const code = mappings.charCodeAt(at);
    if (code === COMMA) {
      at++;
      continue;
    }
    let hasSource = false;
    if (code === SEMICOLON) {
      at++;
      generatedLine++;
      generatedColumn = 0;
    } else {
      generatedColumn += next();
      hasSource = !isEnd();
      if (hasSource) {
        source += next();
        sourceLine += next();
        sourceColumn += next();
        while (!isEnd()) at++;
      }
    }
    if (onMark !== null && at - lastMark >= MARK_EVERY) {
      lastMark = at;
      onMark({ generatedLine, generatedColumn, at, source, line: sourceLine, column: sourceColumn, hasSource });
    }
    if (generatedLine !== line || code === SEMICOLON) continue;
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

/**
 * Gives each kind of module its own mode of JavaScript: ES modules run strict, CommonJS files run sloppy unless they say otherwise, as in Node.
 * esbuild puts both into one scope, so what it printed is taken apart again at the line that it puts before each module. Those lines carry a word
 * that is new for every compile, so that no source can have one of its own:
 *
 *     (function (exports, module) {
 *       esbuild's helpers, CommonJS files
 *       (function () { "use strict"; ES modules })();
 *       the entry, if it is CommonJS
 *     })
 *
 * Runs in the compile process.
 */
import { decode, encode } from "@jridgewell/sourcemap-codec";
import type { SourceMapSegment } from "@jridgewell/sourcemap-codec";

export interface Printed {
  readonly script: string;
  /** Source map, JSON text. */
  readonly map: string;
}

/** Lines of the printed script, the end not included. */
interface Region {
  readonly start: number;
  readonly end: number;
  readonly type: "module" | "common" | "entry";
}

export interface Scoping {
  /** The word that is part of the name of every module. */
  readonly mark: string;
  /** The entry's name as esbuild prints it. */
  readonly entry: string;
  readonly isEntryCommon: boolean;
  /** Declarations that every module sees. */
  readonly head: string;
}

const STRICT = '"use strict";';

export function giveScopes({ script, map }: Printed, scoping: Scoping): Printed {
  const lines = script.split("\n");
  const regions = regionsOf(lines, scoping);
  const clean = (text: string): string => text.replaceAll(`-${scoping.mark}`, "");
  const isStrict = regions.length > 0 && regions.every(({ type }) => type === "module");
  lines[0] += (isStrict ? STRICT : "") + scoping.head;
  if (isStrict || !regions.some(({ type }) => type === "module")) {
    return { script: clean(lines.join("\n")), map };
  }
  const parsed = JSON.parse(map) as { mappings: string };
  const mappings = decode(parsed.mappings);
  const out: string[] = [];
  const outMappings: SourceMapSegment[][] = [];
  const put = (text: string, segments: SourceMapSegment[] = []): void => {
    out.push(text);
    outMappings.push(segments);
  };
  const putLines = (start: number, end: number): void => {
    for (let at = start; at < end; at++) put(lines[at]!, mappings[at]);
  };
  const putAll = (type: Region["type"]): void => {
    for (const region of regions) if (region.type === type) putLines(region.start, region.end);
  };
  const shared = share(lines, regions, scoping.mark);
  putLines(0, regions[0]!.start);
  if (shared.length > 0) put(`var ${shared.join(", ")};`);
  putAll("common");
  put(`(function () { ${STRICT}`);
  putAll("module");
  put("})();");
  putAll("entry");
  putLines(regions.at(-1)!.end, lines.length);
  return { script: clean(out.join("\n")), map: JSON.stringify({ ...parsed, mappings: encode(outMappings) }) };
}

function regionsOf(lines: readonly string[], scoping: Scoping): Region[] {
  const { mark } = scoping;
  const starts: number[] = [];
  for (let at = 0; at < lines.length; at++) if (nameAt(lines[at]!, mark) !== null) starts.push(at);
  const end = lines.lastIndexOf("})");
  return starts.map((start, index) => {
    const next = starts[index + 1] ?? end;
    return { start, end: next, type: typeAt(lines, start, scoping) };
  });
}

/** Of the module whose comment is in this line. */
export function typeAt(
  lines: readonly string[],
  start: number,
  { mark, entry, isEntryCommon }: Omit<Scoping, "head">,
): Region["type"] {
  if (isEntryCommon && nameAt(lines[start]!, mark) === entry) return "entry";
  const isCommon = /^var [\w$]+ = __commonJS\(\{$/.test(lines[start + 1] ?? "") && isKey(lines[start + 2], mark);
  return isCommon ? "common" : "module";
}

/** The name in the comment that esbuild puts before a module; null for every other line. */
export function nameAt(line: string, mark: string): string | null {
  return line.startsWith("// ") && line.includes(`-${mark}:`) ? line.slice("// ".length) : null;
}

/** The line that names the module which a helper wraps. */
function isKey(line: string | undefined, mark: string): boolean {
  return line !== undefined && line.startsWith('  "') && line.includes(`-${mark}:`);
}

/**
 * What CommonJS files need of an ES module that they require: its exports and what runs it. Both are declared outside, where both kinds see them,
 * and the ES module only assigns them. Gives their names.
 */
function share(lines: string[], regions: readonly Region[], mark: string): string[] {
  const names: string[] = [];
  const declareOutside = (at: number, name: string): void => {
    names.push(name);
    lines[at] = `    ${lines[at]!.slice("var ".length)}`;
  };
  for (const { start, end, type } of regions) {
    if (type !== "module") continue;
    const exported = /^var ([\w$]+) = \{\};$/.exec(lines[start + 1] ?? "")?.[1];
    if (exported !== undefined && lines[start + 2]?.startsWith(`__export(${exported}, `))
      declareOutside(start + 1, exported);
    for (let at = start + 1; at < end - 1; at++) {
      if (!lines[at]!.endsWith(" = __esm({")) continue;
      const init = /^var ([\w$]+) = __esm\(\{$/.exec(lines[at]!)?.[1];
      if (init !== undefined && isKey(lines[at + 1], mark)) declareOutside(at, init);
    }
  }
  return names;
}

/**
 * Coverage: what ran of the author's files: V8 counts in the script, and the source map and the script's syntax say what that is in the lines, the branches and
 * the functions of the files that it was made of. Packages are left out.
 */
import { parse } from "@babel/parser";
import { convert } from "ast-v8-to-istanbul";
import istanbul, { type FileCoverage } from "istanbul-lib-coverage";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { ShownScript } from "./script.ts";

export interface Share {
  readonly covered: number;
  readonly total: number;
}

export interface CoveredFile {
  /** Its path; the name of an action that is no file. */
  readonly file: string;
  readonly lines: readonly { readonly line: number; readonly hits: number }[];
  /** By the line in which each begins; a hit for every way that it can take. */
  readonly branches: readonly { readonly line: number; readonly hits: readonly number[] }[];
  readonly functions: readonly { readonly name: string; readonly line: number; readonly hits: number }[];
  readonly summary: { readonly lines: Share; readonly branches: Share; readonly functions: Share };
}

const count = z.int().min(0);
const range = z.strictObject({ startOffset: count, endOffset: count, count });
/** Of what the debug process sent: an action that has broken out of its context may have had a hand in it. */
const scriptCoverage = z.looseObject({
  url: z.string(),
  functions: z.array(
    z.strictObject({ functionName: z.string(), ranges: z.array(range), isBlockCoverage: z.boolean() }),
  ),
});

/** In the order of the files' names. */
export async function ownCoverage(
  scripts: ReadonlyMap<string, ShownScript>,
  measured: readonly unknown[],
): Promise<CoveredFile[]> {
  const all = istanbul.createCoverageMap();
  for (const each of measured) {
    const coverage = scriptCoverage.parse(each);
    const script = scripts.get(coverage.url);
    if (script !== undefined) all.merge(await inFiles(script, coverage));
  }
  return all
    .files()
    .sort()
    .map((file) => coveredFile(all.fileCoverageFor(file)));
}

async function inFiles(
  script: ShownScript,
  coverage: z.infer<typeof scriptCoverage>,
): Promise<istanbul.CoverageMapData> {
  const { code, map } = script;
  const { program } = parse(code, { sourceType: "script", plugins: ["estree"] });
  const converted = await convert({
    code,
    sourceMap: map as never,
    coverage,
    ast: program as never,
    ignoreNode: ofTheBundle(program),
  });
  const skipped = new Set(map.ignoreList?.map((at) => map.sources[at]));
  const own = Object.values(converted)
    .map((file) => istanbul.createFileCoverage(file))
    .filter(({ path }) => !skipped.has(path) && !path.startsWith("baton-package:"))
    .map((file) => ({ ...file.data, path: pathOf(file.path) }));
  return Object.fromEntries(own.map((file) => [file.path, file]));
}

interface Statement {
  readonly start: number;
  readonly end: number;
  readonly declarations?: readonly { readonly id?: Named }[];
  readonly expression?: { readonly callee?: Named; readonly right?: { readonly callee?: Named } };
}

interface Named {
  readonly name?: string;
}

/** How esbuild names the exports of a module that it joins, and what it joins them with. All of that is mapped to a module's first line. */
const EXPORTS = "_exports";
const JOINERS: ReadonlySet<string | undefined> = new Set(["__export", "__toCommonJS"]);

function isJoint({ declarations, expression }: Statement): boolean {
  const called = expression?.callee ?? expression?.right?.callee;
  return JOINERS.has(called?.name) || declarations?.[0]?.id?.name?.endsWith(EXPORTS) === true;
}

/** Whether something is of the bundle and not of the author: the function around it, which begins behind a parenthesis, and the joints of modules. */
function ofTheBundle(program: object): (node: object) => boolean {
  const [wrapper] = (program as { readonly body: readonly Bundle[] }).body;
  const joints = (wrapper?.expression?.body?.body ?? []).filter(isJoint);
  return (node) => {
    const { start, end } = node as Statement;
    return start <= 1 || joints.some((joint) => start >= joint.start && end <= joint.end);
  };
}

interface Bundle {
  readonly expression?: { readonly body?: { readonly body?: readonly Statement[] } };
}

const pathOf = (source: string): string => (source.startsWith("file:") ? fileURLToPath(source) : source);

function coveredFile(file: FileCoverage): CoveredFile {
  const lines = Object.entries(file.getLineCoverage()).map(([line, hits]) => ({ line: Number(line), hits }));
  const branches = Object.entries(file.branchMap).map(([id, { loc }]) => ({
    line: loc.start.line,
    hits: file.b[id] ?? [],
  }));
  const functions = Object.entries(file.fnMap).map(([id, { name, decl }]) => ({
    name,
    line: decl.start.line,
    hits: file.f[id] ?? 0,
  }));
  const ways = branches.flatMap(({ hits }) => hits);
  return {
    file: file.path,
    lines,
    branches,
    functions,
    summary: {
      lines: share(lines.map(({ hits }) => hits)),
      branches: share(ways),
      functions: share(functions.map(({ hits }) => hits)),
    },
  };
}

function share(hits: readonly number[]): Share {
  return { covered: hits.filter((each) => each > 0).length, total: hits.length };
}

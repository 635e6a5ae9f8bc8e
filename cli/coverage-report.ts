/** The coverage report: what ran of the author's files, as a table for people and as LCOV for programs. */
import { relative, sep } from "node:path";
import { visibleLine } from "../author/text.ts";
import type { CoveredFile, Share } from "../debug/index.ts";
import type { Style, Terminal } from "./terminal.ts";

const HEADS = ["Lines", "Branches", "Functions"] as const;
const ALL = "All files";
/** Of percent: from here on it is well, and from there on it is not bad. */
const WELL = 80;
const FAIR = 50;
/** Spans of lines that are shown. */
const MAX_SPANS = 8;

export function renderCoverage(files: readonly CoveredFile[], { paint }: Terminal, folder: string): string {
  const rows = files.map((file) => ({
    name: shownFrom(folder, file.file),
    shares: sharesOf(file),
    missed: missedLines(file),
  }));
  const total = { name: ALL, shares: totalOf(rows.map(({ shares }) => shares)), missed: "" };
  const width = Math.max(...[...rows, total].map(({ name }) => name.length));
  const head = `${"File".padEnd(width)}  ${HEADS.map((name) => name.padStart(9)).join("  ")}  Lines not run`;
  const lines = [...rows, total].map(({ name, shares, missed }) => {
    const cells = shares.map((share) => paint(styleOf(share), percent(share).padStart(9)));
    return `${visibleLine(name).padEnd(width)}  ${cells.join("  ")}  ${missed}`.trimEnd();
  });
  return [paint("bold", head), ...lines].join("\n");
}

const sharesOf = ({ summary: { lines, branches, functions } }: CoveredFile): Share[] => [lines, branches, functions];

function totalOf(all: readonly (readonly Share[])[]): Share[] {
  return HEADS.map((_, at) => ({
    covered: all.reduce((sum, shares) => sum + shares[at]!.covered, 0),
    total: all.reduce((sum, shares) => sum + shares[at]!.total, 0),
  }));
}

/** Where there is nothing, nothing is missing. */
const partOf = ({ covered, total }: Share): number => (total === 0 ? 100 : (covered * 100) / total);

/** Cut, not rounded: what is not whole is never 100. */
const percent = (share: Share): string => `${Math.floor(partOf(share) * 10) / 10} %`;

function styleOf(share: Share): Style {
  const part = partOf(share);
  return part >= WELL ? "green" : part >= FAIR ? "yellow" : "red";
}

function missedLines({ lines }: CoveredFile): string {
  const spans: [first: number, last: number][] = [];
  for (const { line } of lines.filter(({ hits }) => hits === 0)) {
    const span = spans.at(-1);
    if (span !== undefined && line === span[1] + 1) span[1] = line;
    else spans.push([line, line]);
  }
  const ranges = spans.slice(0, MAX_SPANS).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  return [...ranges, ...(spans.length > MAX_SPANS ? ["…"] : [])].join(", ");
}

/** With forward slashes, as seen from a folder. */
function shownFrom(folder: string, file: string): string {
  return relative(folder, file).split(sep).join("/");
}

export function lcovOf(files: readonly CoveredFile[], folder: string): string {
  return files.map((file) => recordOf(file, shownFrom(folder, file.file))).join("");
}

function recordOf({ lines, branches, functions, summary }: CoveredFile, name: string): string {
  const ways = branches.flatMap(({ line, hits }, block) =>
    hits.map((taken, way) => `BRDA:${line},${block},${way},${taken}`),
  );
  const record = [
    "TN:",
    `SF:${name}`,
    ...functions.map((each) => `FN:${each.line},${each.name}`),
    ...functions.map((each) => `FNDA:${each.hits},${each.name}`),
    `FNF:${summary.functions.total}`,
    `FNH:${summary.functions.covered}`,
    ...ways,
    `BRF:${summary.branches.total}`,
    `BRH:${summary.branches.covered}`,
    ...lines.map(({ line, hits }) => `DA:${line},${hits}`),
    `LF:${summary.lines.total}`,
    `LH:${summary.lines.covered}`,
    "end_of_record",
  ];
  return `${record.join("\n")}\n`;
}

/** Holds figures against goals and writes both down. A missed goal is written large, and never fails the run. */
import type { Machine } from "./machine.ts";
import type { Cell, Goal, Reached, Rows, Section, Table } from "./section.ts";

export interface SectionResult {
  /** The day on which the section was measured; sections of one report may have been measured one by one. */
  readonly made: string;
  readonly section: Pick<Section, "name" | "title" | "about" | "goals">;
  readonly seconds: number;
  readonly outcome: { readonly ok: true; readonly rows: Rows } | { readonly ok: false; readonly error: string };
}

export interface Report {
  readonly made: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly results: readonly SectionResult[];
}

export interface Judged extends Goal {
  readonly section: string;
  readonly reached: Reached | null;
  readonly verdict: "met" | "missed" | "not measured";
}

export function judge({ results }: Report): Judged[] {
  return results.flatMap(({ section, outcome }) =>
    section.goals.map((goal) => {
      const reached = outcome.ok ? (outcome.rows.reached.find((each) => each.goal === goal.id) ?? null) : null;
      return {
        ...goal,
        section: section.name,
        reached,
        verdict: reached === null ? "not measured" : hold(goal, reached),
      };
    }),
  );
}

function hold({ bound }: Goal, { value }: Reached): "met" | "missed" {
  const met = "atMost" in bound ? value <= bound.atMost : value >= bound.atLeast;
  return met ? "met" : "missed";
}

export function toJson(report: Report): string {
  const { results, ...head } = report;
  const sections = results.map(({ made, section, seconds, outcome }) => ({
    name: section.name,
    made,
    seconds,
    ...outcome,
  }));
  return `${JSON.stringify({ ...head, goals: judge(report), sections }, null, 2)}\n`;
}

interface Written extends Omit<Report, "results"> {
  readonly sections: readonly ({
    readonly name: string;
    readonly made?: string;
    readonly seconds: number;
  } & SectionResult["outcome"])[];
}

/** The report with the sections of an earlier one, read from its results.json, where it has none of its own; in the order of `sections`. */
export function mergeInto(earlier: string, report: Report, sections: readonly SectionResult["section"][]): Report {
  const written = JSON.parse(earlier) as Written;
  const results = sections.flatMap((section): SectionResult[] => {
    const fresh = report.results.find((result) => result.section.name === section.name);
    if (fresh !== undefined) return [fresh];
    const kept = written.sections.find(({ name }) => name === section.name);
    if (kept === undefined) return [];
    const { name: _, made = written.made, seconds, ...outcome } = kept;
    return [{ section, made, seconds, outcome }];
  });
  return { ...report, results };
}

export function toMarkdown(report: Report): string {
  const { machine, made, quick, results } = report;
  const judged = judge(report);
  const count = (verdict: Judged["verdict"]): number => judged.filter((each) => each.verdict === verdict).length;
  return `${[
    "# Benchmark",
    `\`npm run bench\` makes this page and \`results.json\` beside it. Made ${made}${quick ? " in the short form, whose figures say little" : ""} with Node ${machine.node} (V8 ${machine.v8}) on ${machine.platform}, ${machine.processors} × ${machine.processor}, ${machine.memoryGiB} GiB, load ${machine.loadBefore} before it began.`,
    "Absolute times belong to that machine. Ratios compare what was measured in turn within one run, and ranges are those of the rounds.",
    `## Goals: ${count("met")} met, ${count("missed")} missed, ${count("not measured")} not measured`,
    goalTable(judged),
    ...missed(judged),
    ...results.flatMap(sectionParts),
  ].join("\n\n")}\n`;
}

function goalTable(judged: readonly Judged[]): string {
  return markdown(
    ["section", "goal", "bound", "reached", "range", "verdict"],
    judged.map(({ section, says, bound, extreme, unit, reached, verdict }) => [
      section,
      says,
      `${"atMost" in bound ? `≤ ${show(bound.atMost)}` : `≥ ${show(bound.atLeast)}`} ${unit}${extreme === undefined ? "" : ` (extreme: ${show(extreme)})`}`,
      reached === null ? "–" : show(reached.value),
      reached?.low === undefined ? "" : `${show(reached.low)}–${show(reached.high!)}`,
      verdict === "missed" ? "**missed**" : verdict,
    ]),
  );
}

function missed(judged: readonly Judged[]): string[] {
  const lines = judged
    .filter((each) => each.verdict === "missed")
    .map(({ section, says, reached }) => `- ${section}: ${says}. ${reached!.why}`);
  return lines.length === 0 ? [] : ["Missed, and why:", lines.join("\n")];
}

function sectionParts({ made, section, seconds, outcome }: SectionResult): string[] {
  const head = [`## ${section.title}`, `${section.about} Measured ${made}.`];
  if (!outcome.ok) return [...head, `This section failed after ${seconds} s: ${outcome.error}`];
  const { tables, notes } = outcome.rows;
  const parts = tables.map(({ title, columns, rows }: Table) => `${title}:\n\n${markdown(columns, rows)}`);
  return [...head, ...parts, ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join("\n")])];
}

function markdown(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = [columns, ...rows.map((row) => row.map(showCell))];
  const widths = columns.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const isNumber = columns.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^[\d.,–-]*$/.test(showCell(row[column] ?? ""))),
  );
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (isNumber[column] ? (row[column] ?? "").padStart(width) : (row[column] ?? "").padEnd(width))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (isNumber[column] ? `${"-".repeat(width - 1)}:` : "-".repeat(width))).join(" | ")} |`;
  return [line(cells[0]!), rule, ...cells.slice(1).map(line)].join("\n");
}

const showCell = (cell: Cell): string => (typeof cell === "number" ? show(cell) : cell);

/** Three digits that count, none that do not. */
function show(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(size >= 10 ? 1 : 2);
}

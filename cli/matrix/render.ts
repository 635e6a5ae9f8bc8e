/** The matrix on a terminal: a table where there is room for one, a list where there is not, and what the words mean. */
import type { Style, Terminal } from "../terminal.ts";
import { visibleLine, wrap } from "../../author/text.ts";
import { cellWord } from "../../author/matrix/cells.ts";
import type { MatrixCell } from "../../author/matrix/cells.ts";

const MEANINGS: Readonly<Record<string, string>> = {
  transfer: "the live call goes to the number; what the action returned is discarded and the bot says nothing more",
  "hand-off": "a human takes over; the bot gives its answer this once and then no more",
  answers: "nobody is called; the bot answers and goes on",
  silent: "a human had the conversation before; nothing changes and the bot says nothing",
  skipped: "the environment is test or mock: nothing is handed off, the bot answers and goes on",
  rejected: "every hand-off that was asked for was refused, so no human comes",
};

export function renderMatrix(cells: readonly MatrixCell[], terminal: Terminal): string {
  const words = [...new Set(cells.map(cellWord))];
  const rows = rowsOf(cells);
  const legend = Object.entries(MEANINGS)
    .filter(([word]) => words.some((each) => each.startsWith(word)))
    .map(([word, meaning]) => {
      const text = wrap(`${word}: ${meaning}`, terminal.columns, "  ", "  ");
      return text.replace(word, () => paintWord(word, terminal));
    });
  const errors = [...new Set(cells.map(({ outcome }) => errorOf(outcome.error)).filter((each) => each !== null))];
  return [
    fits(rows, terminal) ? renderTable(rows, terminal) : (renderHalves(rows, terminal) ?? renderList(rows, terminal)),
    "",
    ...legend,
    ...errors.slice(0, 4).map((error) => terminal.paint("red", wrap(visibleLine(error), terminal.columns, "  ", "  "))),
  ].join("\n");
}

function errorOf(error: MatrixCell["outcome"]["error"]): string | null {
  if (error === undefined) return null;
  const cause = error.inner?.[0];
  const why = cause === undefined ? "" : ` (${cause.label}: ${cause.title})`;
  return `${error.name}: ${error.message}${why}`;
}

interface Row {
  readonly label: string;
  readonly cells: readonly MatrixCell[];
}

function rowsOf(cells: readonly MatrixCell[]): Row[] {
  const rows = new Map<string, MatrixCell[]>();
  for (const cell of cells) {
    const label = `${visibleLine(cell.channel)}, ${cell.hours}`;
    rows.set(label, [...(rows.get(label) ?? []), cell]);
  }
  return [...rows].map(([label, row]) => ({ label, cells: row }));
}

const GAP = 2;

function measure(rows: readonly Row[]): { readonly left: number; readonly widths: readonly number[] } {
  const left = Math.max(0, ...rows.map(({ label }) => label.length)) + GAP;
  const widths = (rows[0]?.cells ?? []).map(
    (head, index) => Math.max(head.environment.length, ...rows.map((row) => cellWord(row.cells[index]!).length)) + GAP,
  );
  return { left, widths };
}

function fits(rows: readonly Row[], { columns }: Terminal): boolean {
  const { left, widths } = measure(rows);
  return left + widths.reduce((sum, width) => sum + width, -GAP) <= columns;
}

const BEFORE = "bot has it";
const AFTER = "already handed off";

function renderTable(rows: readonly Row[], terminal: Terminal): string {
  const { paint } = terminal;
  const [first] = rows;
  if (first === undefined) return "";
  const { left, widths } = measure(rows);
  const before = first.cells.filter((cell) => !cell.alreadyHandedOff).length;
  const beforeWidth = widths.slice(0, before).reduce((sum, width) => sum + width, 0);
  const isSplit = before > 0 && before < first.cells.length;
  const groups = isSplit
    ? [`${" ".repeat(left)}${paint("bold", BEFORE.padEnd(beforeWidth))}${paint("bold", AFTER)}`]
    : [];
  const heads = first.cells.map((cell, index) => cell.environment.padEnd(widths[index]!)).join("");
  const lines = rows.map((row) => {
    const words = row.cells.map((cell, index) => {
      const word = cellWord(cell);
      return paintWord(word, terminal) + " ".repeat(Math.max(0, widths[index]! - word.length));
    });
    return `${paint("cyan", row.label.padEnd(left))}${words.join("").trimEnd()}`;
  });
  return [...groups, `${" ".repeat(left)}${paint("dim", heads.trimEnd())}`, ...lines].join("\n");
}

/** One table below the other; null where even that is too wide. */
function renderHalves(rows: readonly Row[], terminal: Terminal): string | null {
  const halves = [
    { title: BEFORE, rows: halfOf(rows, false) },
    { title: AFTER, rows: halfOf(rows, true) },
  ].filter((half) => half.rows.every(({ cells }) => cells.length > 0));
  if (halves.length < 2 || !halves.every((half) => fits(half.rows, terminal))) return null;
  return halves
    .map((half) => `${terminal.paint("bold", half.title)}\n${renderTable(half.rows, terminal)}`)
    .join("\n\n");
}

function halfOf(rows: readonly Row[], alreadyHandedOff: boolean): Row[] {
  return rows.map(({ label, cells }) => ({
    label,
    cells: cells.filter((cell) => cell.alreadyHandedOff === alreadyHandedOff),
  }));
}

function renderList(rows: readonly Row[], terminal: Terminal): string {
  return rows
    .map(({ label, cells: row }) => {
      const lines = row.map((cell) => {
        const where = cell.alreadyHandedOff ? `${cell.environment}, already handed off` : cell.environment;
        return `  ${where}: ${paintWord(cellWord(cell), terminal)}`;
      });
      return [terminal.paint("cyan", label), ...lines].join("\n");
    })
    .join("\n");
}

function paintWord(word: string, { paint }: Terminal): string {
  const style: Style =
    word === "transfer" || word === "hand-off"
      ? "green"
      : ["skipped", "answers", "silent"].includes(word)
        ? "dim"
        : "red";
  return paint(style, word);
}

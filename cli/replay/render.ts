/** Rendered replays: what a replay came to, for people: one run with all that differs, or a table of many. */
import { basename } from "node:path";
import { decisionOf } from "../../author/replay/decision.ts";
import { shown } from "../../author/files.ts";
import type { InputError } from "../../author/input-error.ts";
import { visible, visibleLine } from "../../author/text.ts";
import type { Replayed, ShownCall } from "../../runtime/index.ts";
import type { Terminal } from "../terminal.ts";

export interface ReplayRow {
  readonly file: string;
  readonly replayed: Replayed | null;
  readonly problem: InputError | null;
}

const MAX_SHOWN = 12;
const MAX_CHARS = 400;

export function renderReplay(file: string, replayed: Replayed, terminal: Terminal): string {
  const { paint } = terminal;
  const { equal, mode, recording, outcome, divergence, differences, unanswered } = replayed;
  const calls = recording.calls.length;
  const head = `${paint("bold", shown(file))}  ${visibleLine(recording.action.filename)}, ${recording.recordedAt}`;
  const was = decisionOf(recording.outcome);
  if (equal) return `${head}\n${paint("green", `✓ ${SAME[mode]}`)} ${counted(calls, "call")}, ${visibleLine(was)}`;
  const lines = [head, paint("red", `✗ ${OTHER[mode]}`)];
  const is = decisionOf(outcome);
  if (was !== is) lines.push(`  ${visibleLine(was)} → ${visibleLine(is)}`);
  if (divergence !== null) {
    lines.push(`  call ${divergence.call + 1} of ${calls} is the first that differs:`);
    lines.push(`    recorded: ${callLine(divergence.recorded)}`, `    replayed: ${callLine(divergence.replayed)}`);
  }
  for (const request of unanswered) lines.push(`  asks for ${visibleLine(request)}, which the recording has no answer to`);
  for (const { path, ...values } of differences.slice(0, MAX_SHOWN)) {
    const [recorded, now] = [values.recorded, values.replayed].map(short);
    lines.push(`  ${visibleLine(path === "" ? "the order of keys" : path)}`, `    recorded: ${recorded}`, `    replayed: ${now}`);
  }
  if (differences.length > MAX_SHOWN) lines.push(`  and ${counted(differences.length - MAX_SHOWN, "difference")} more`);
  return lines.join("\n");
} // prettier-ignore

const SAME = { exact: "the same run:", decisions: "the same decisions (redacted):", changed: "nothing would change:" };
const OTHER = {
  exact: "another run than was recorded",
  decisions: "other decisions than were recorded (redacted)",
  changed: "it would have gone otherwise",
};

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

function callLine(call: ShownCall | null): string {
  if (call === null) return "no such call";
  const { name, ...rest } = call;
  return visibleLine(`${name} ${JSON.stringify(rest)}`.slice(0, MAX_CHARS));
}

function short(value: unknown): string {
  return value === undefined ? "nothing" : visible(JSON.stringify(value).slice(0, MAX_CHARS));
}

/** The runs that changed, each with what of it did. */
export function renderTable(rows: readonly ReplayRow[], terminal: Terminal): string {
  const { paint } = terminal;
  const shownRows = rows.filter(({ replayed }) => replayed?.equal !== true);
  const width = Math.max(0, ...shownRows.map(({ file }) => basename(file).length)) + 2;
  const lines = shownRows.map(({ file, replayed, problem }) => {
    const name = visibleLine(basename(file)).padEnd(width);
    if (replayed === null) return `${paint("red", "!")} ${name}${visibleLine(problem?.message ?? "")}`;
    return `${paint("red", "✗")} ${name}${visibleLine(changeOf(replayed))}`;
  });
  const equal = rows.length - shownRows.length;
  const changed = shownRows.filter(({ replayed }) => replayed !== null).length;
  const broken = shownRows.length - changed;
  const tally = [
    `${counted(rows.length, "recording")}: ${equal} as recorded`,
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(broken > 0 ? [`${broken} unreadable`] : []),
  ].join(", ");
  return [...lines, paint(shownRows.length === 0 ? "green" : "red", tally)].join("\n");
}

function changeOf({ recording, outcome, divergence, differences, unanswered }: Replayed): string {
  const [was, is] = [decisionOf(recording.outcome), decisionOf(outcome)];
  const parts = was === is ? [was] : [`${was} → ${is}`];
  if (divergence !== null) parts.push(`call ${divergence.call + 1} differs`);
  const tops = new Set(differences.map(({ path }) => path.split(/[.[]/)[0] ?? ""));
  if (tops.has("returnValue")) parts.push("another value");
  if (tops.has("error")) parts.push("another error");
  if (tops.has("requests")) parts.push("other requests");
  if (unanswered.length > 0) parts.push(`${counted(unanswered.length, "request")} without an answer`);
  if (parts.length === 1 && was === is) parts.push([...tops].filter((top) => top !== "").join(", "));
  return parts.join("; ");
}

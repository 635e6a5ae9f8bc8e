/** The events of a session as a person reads them: what became of the customer first, then what the bot may say, then what went wrong. */
import { renderMatrix } from "../matrix/render.ts";
import { frameLines, renderBrief } from "../render.ts";
import { plainFailure } from "../../author/scenarios/failure.ts";
import type { Terminal } from "../terminal.ts";
import { visible, visibleLine, wrap } from "../../author/text.ts";
import type { DevEvent, ProblemEvent, RunEvent } from "../../author/session/events.ts";

export function renderEvent(event: DevEvent, folder: string, hasKeys: boolean, terminal: Terminal): string {
  const { paint, columns } = terminal;
  switch (event.event) {
    case "ready": {
      const keys = hasKeys ? "r run again, f failures only, m matrix, o open the page, q quit" : "Ctrl-C ends";
      return paint("dim", wrap(`Watching ${visibleLine(folder)}: save a file to run it (${keys}).`, columns));
    }
    case "started":
    case "done":
      return "";
    case "run":
      return renderRun(event, terminal);
    case "problem":
      return renderProblem(event, terminal);
    case "matrix":
      return `\n${paint("bold", visibleLine(event.action))} matrix\n\n${renderMatrix(event.cells, terminal)}`;
    default:
      return event satisfies never;
  }
}

/** Broken before it is painted: escape sequences have no width. */
function head(action: string | null, scenario: string | null, since: number, { paint, columns }: Terminal): string {
  const name = visibleLine(action ?? "");
  const which = scenario === null ? "" : `, ${visibleLine(scenario)}`;
  const took = `${Math.round(since)} ms`;
  const text = wrap(`${name}${which} ${took}`, columns - MARK.length, "", MARK);
  if (!text.startsWith(name) || !text.endsWith(took)) return text;
  return `${paint("bold", name)}${text.slice(name.length, -took.length)}${paint("dim", took)}`;
}

/** Stands before the head, and is left free below it. */
const MARK = "  ";

function renderRun(event: RunEvent, terminal: Terminal): string {
  const { paint, columns } = terminal;
  const { outcome, failures, ok } = event;
  const isFine = ok && (outcome.status === "returned" || event.scenario !== null);
  const mark = isFine ? paint("green", "✓") : paint("red", "✗");
  const failed = failures.map((failure) => paint("red", wrap(visible(plainFailure(failure)), columns, "    ")));
  return [
    `\n${mark} ${head(event.action, event.scenario, event.sinceSaveMs, terminal)}`,
    ...renderBrief(outcome, terminal),
    ...failed,
  ].join("\n");
}

function renderProblem(event: ProblemEvent, terminal: Terminal): string {
  const { paint, columns } = terminal;
  const lines = [
    `\n${paint("red", "✗")} ${head(event.action, event.scenario, event.sinceSaveMs, terminal)}`,
    paint("red", `    ${visibleLine(event.code)}`),
    wrap(visible(event.message), columns, "    "),
  ];
  if (event.frame !== null)
    lines.push(...frameLines(event.frame, { columns: columns - 2, paint }).map((line) => `  ${line}`));
  return lines.join("\n");
}

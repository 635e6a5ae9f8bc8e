/** The results of `baton test`, for a terminal, for machines (JSON) and for build servers (JUnit's XML). */
import { frameLines } from "./render.ts";
import { visible, visibleLine, wrap } from "../author/text.ts";
import type { Terminal } from "./terminal.ts";
import { shown } from "../author/files.ts";
import { difference } from "../author/scenarios/difference.ts";
import { type Failure, plainFailure } from "../author/scenarios/failure.ts";
import type { DifferenceLine } from "../author/scenarios/difference.ts";
import { tally } from "../author/scenarios/run-all.ts";
import type { FileResult } from "../author/scenarios/run-all.ts";
import { INTERRUPTED } from "../author/scenarios/verdict.ts";
import type { Verdict } from "../author/scenarios/verdict.ts";

const SIGN_STYLES = { "-": "green", "+": "red", " ": "dim" } as const;

export function renderFile(result: FileResult, terminal: Terminal): string {
  const { paint } = terminal;
  if (result.type === "problem") {
    return `${paint("red", "✗")} ${paint("bold", shown(result.file))}\n${wrap(visible(result.message), terminal.columns, "    ")}`;
  }
  const lines = result.verdicts.flatMap((verdict) => renderVerdict(verdict, terminal));
  return [paint("bold", shown(result.file)), ...lines].join("\n");
}

function renderVerdict(verdict: Verdict, { paint, columns }: Terminal): string[] {
  const { scenario, ok, durationMs, snapshot, failures, outcome } = verdict;
  const mark = ok ? paint("green", "✓") : paint("red", "✗");
  const note = snapshot?.state === "written" || snapshot?.state === "updated" ? ` (snapshot ${snapshot.state})` : "";
  const head = `  ${mark} ${visibleLine(scenario.name)} ${paint("dim", `${Math.round(durationMs)} ms${note}`)}`;
  const rendered = failures.flatMap((failure) => renderFailure(failure, { paint, columns }));
  // What the run itself complains of explains most failures.
  const error = ok || outcome.error === undefined ? [] : [`${outcome.error.name}: ${outcome.error.message}`];
  const room = { columns: columns - 4, paint };
  const frame = ok || outcome.error?.frame === undefined ? [] : frameLines(outcome.error.frame, room);
  return [
    head,
    ...rendered,
    ...(failures.includes(INTERRUPTED) ? [] : error).map((text) =>
      paint("dim", wrap(visible(text), columns, "      ")),
    ),
    ...frame.map((line) => paint("dim", `      ${line}`)),
  ];
}

function renderFailure(failure: Failure, { paint, columns }: Terminal): string[] {
  const { path, message, expected, actual } = failure;
  const head = paint("red", wrap(`${path}: ${visible(message)}`, columns, "      "));
  if (expected === undefined) return [head];
  const lines = difference(expected, actual).map(({ sign, text }: DifferenceLine) =>
    paint(SIGN_STYLES[sign], `        ${sign} ${visible(text)}`),
  );
  const legend = `        ${paint("green", "- expected")}  ${paint("red", "+ came")}`;
  return [head, legend, ...lines];
}

export function renderTally(results: readonly FileResult[], ms: number, { paint }: Terminal): string {
  const { passed, failed, problems, snapshots } = tally(results);
  const parts = [
    failed > 0 && paint("red", `${failed} failed`),
    problems > 0 && paint("red", `${problems} ${problems === 1 ? "file" : "files"} could not be read`),
    paint(passed > 0 ? "green" : "dim", `${passed} passed`),
    snapshots.written > 0 && `${counted(snapshots.written)} written`,
    snapshots.updated > 0 && `${counted(snapshots.updated)} updated`,
    snapshots.obsolete > 0 && `${counted(snapshots.obsolete)} without a scenario (--update removes them)`,
  ].filter((each) => each !== false);
  return `${parts.join(", ")} ${paint("dim", `in ${Math.round(ms)} ms`)}`;
}

const counted = (snapshots: number): string => `${snapshots} ${snapshots === 1 ? "snapshot" : "snapshots"}`;

export function jsonReport(results: readonly FileResult[]) {
  const counts = tally(results);
  return {
    ok: counts.failed + counts.problems === 0,
    ...counts,
    scenarios: results.flatMap((result) =>
      result.type === "ran"
        ? result.verdicts.map(({ scenario, ok, failures, durationMs, outcome }) => ({
            name: scenario.name,
            file: shown(result.file),
            action: shown(scenario.action),
            ok,
            durationMs,
            failures,
            outcome,
          }))
        : [],
    ),
    unreadable: results.flatMap((result) =>
      result.type === "problem" ? [{ file: shown(result.file), code: result.code, message: result.message }] : [],
    ),
  };
}

export function junitReport(results: readonly FileResult[]): string {
  const { passed, failed, problems } = tally(results);
  const suites = results.map((result) => {
    if (result.type === "problem") {
      const error = `<error type="${escape(result.code)}" message="${escape(result.message)}"/>`;
      return suite(result.file, 1, 0, 1, [`    <testcase name="${escape(shown(result.file))}">${error}</testcase>`]);
    }
    const { verdicts } = result;
    const broken = verdicts.filter(({ ok }) => !ok).length;
    return suite(
      result.file,
      verdicts.length,
      broken,
      0,
      verdicts.map((verdict) => testcase(verdict)),
    );
  });
  const head = `<testsuites name="baton" tests="${passed + failed + problems}" failures="${failed}" errors="${problems}">`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...suites, "</testsuites>", ""].join("\n");
}

function suite(file: string, tests: number, failures: number, errors: number, cases: readonly string[]): string {
  const head = `  <testsuite name="${escape(shown(file))}" tests="${tests}" failures="${failures}" errors="${errors}">`;
  return [head, ...cases, "  </testsuite>"].join("\n");
}

function testcase({ scenario, ok, failures, durationMs }: Verdict): string {
  const head = `    <testcase classname="${escape(shown(scenario.action))}" name="${escape(scenario.name)}" time="${(durationMs / 1_000).toFixed(4)}"`;
  if (ok) return `${head}/>`;
  const text = failures.map(plainFailure).join("\n");
  const first = failures[0] === undefined ? "" : `${failures[0].path}: ${failures[0].message}`;
  return `${head}><failure message="${escape(first)}">${escape(text)}</failure></testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** XML 1.0 cannot carry control characters, in no spelling. */
function escape(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (found) => ENTITIES[found]!);
}

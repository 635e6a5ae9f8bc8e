/** The scenario files of the project: run, and their snapshots taken for right, with what is not as expected. */
import { useState } from "preact/hooks";
import type { DifferenceLine } from "../../../author/scenarios/difference.ts";
import type { RunSummary } from "../../events.ts";
import { Badge, Button, Card, Empty, href, Mistake, Notice, PageHead } from "../../kit/index.ts";
import { api, project } from "../store.ts";
import { useWork } from "../work.ts";
import { Difference } from "./compare.tsx";
import { Coverage, type CoverageAnswer } from "./coverage.tsx";

interface ScenarioAnswer {
  readonly name: string;
  readonly action: string;
  readonly ok: boolean;
  readonly durationMs: number;
  readonly run: RunSummary;
  readonly snapshot: string | null;
  readonly failures: readonly {
    readonly path: string;
    readonly message: string;
    readonly lines: readonly DifferenceLine[];
  }[];
}

interface FileAnswer {
  readonly file: string;
  readonly problem: string | null;
  readonly scenarios: readonly ScenarioAnswer[];
  readonly obsolete: readonly string[];
}

export function Scenarios() {
  const files = [...new Set((project.value?.actions ?? []).flatMap(({ scenarios }) => scenarios))].toSorted();
  const [answers, setAnswers] = useState<ReadonlyMap<string, FileAnswer>>(new Map());
  const work = useWork();
  const run = (chosen: readonly string[], update: boolean): void =>
    work.do(async () => {
      const came = await api.post<FileAnswer[]>("/api/scenarios/run", { files: chosen, update });
      setAnswers((before) => new Map([...before, ...came.map((each) => [each.file, each] as const)]));
    });
  const [coverage, setCoverage] = useState<CoverageAnswer | null>(null);
  const measure = (): void =>
    work.do(async () => {
      const { results, ...came } = await api.post<CoverageAnswer & { readonly results: readonly FileAnswer[] }>(
        "/api/coverage",
        {},
      );
      setAnswers((before) => new Map([...before, ...results.map((each) => [each.file, each] as const)]));
      setCoverage(came);
    });
  const all = [...answers.values()].flatMap(({ scenarios }) => scenarios);
  const failed = all.filter(({ ok }) => !ok).length;
  return (
    <>
      <PageHead title="Scenarios">
        <Button kind="primary" onClick={() => run(files, false)} disabled={files.length === 0 || work.isBusy}>
          {work.isBusy ? "Running…" : "Run all"}
        </Button>
        {project.value?.measures === true && (
          <Button onClick={measure} disabled={files.length === 0 || work.isBusy}>
            Measure coverage
          </Button>
        )}
      </PageHead>
      <p role="status" class="quiet">
        {all.length === 0 ? "" : `${all.length - failed} passed, ${failed} failed`}
      </p>
      <Mistake text={work.mistake} />
      {coverage !== null && <Coverage coverage={coverage} />}
      {files.length === 0 && (
        <Empty>
          There is no scenario yet. Save a conversation as one, or write NAME.scenario.yaml beside an action.
        </Empty>
      )}
      {files.map((file) => (
        <FileView
          key={file}
          file={file}
          answer={answers.get(file) ?? null}
          isBusy={work.isBusy}
          onRun={(update) => run([file], update)}
        />
      ))}
    </>
  );
}

function FileView(props: {
  readonly file: string;
  readonly answer: FileAnswer | null;
  readonly isBusy: boolean;
  readonly onRun: (update: boolean) => void;
}) {
  const { file, answer, isBusy, onRun } = props;
  const hasSnapshots = answer?.scenarios.some(({ snapshot }) => snapshot !== null) ?? false;
  return (
    <Card
      title={file}
      actions={
        <span class="row">
          <Button onClick={() => onRun(false)} disabled={isBusy}>
            Run
          </Button>
          {hasSnapshots && (
            <Button onClick={() => onRun(true)} disabled={isBusy}>
              Take what came for right
            </Button>
          )}
        </span>
      }
    >
      {answer?.problem != null && <Notice tone="bad">{answer.problem}</Notice>}
      {(answer?.obsolete ?? []).map((name) => (
        <Notice key={name} tone="warn">
          The snapshot of {name} belongs to no scenario any more.
        </Notice>
      ))}
      {answer !== null && (
        <ul class="plain-list stack">
          {answer.scenarios.map((each) => (
            <li key={each.name} class="stack tight">
              <span class="row">
                <Badge tone={each.ok ? "good" : "bad"}>{each.ok ? "✓ passed" : "✗ failed"}</Badge>
                <a href={href(["runs", String(each.run.id)])}>{each.name}</a>
                <span class="quiet small">
                  {each.run.word}, {Math.round(each.durationMs)} ms
                  {each.snapshot === null ? "" : `, snapshot ${each.snapshot}`}
                </span>
              </span>
              {each.failures.map(({ path, message, lines }) => (
                <Notice key={`${path} ${message}`} tone="bad" title={`${path}:`}>
                  {message}
                  {lines.length > 0 && <Difference lines={lines} />}
                </Notice>
              ))}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** Every run of the session, the newest first, and all there is to say of one of them. */
import { useEffect, useState } from "preact/hooks";
import type { Failure } from "../../../author/scenarios/failure.ts";
import type { Step } from "../../../author/scenarios/steps.ts";
import type { Outcome } from "../../../runtime/outcome.ts";
import type { RunSummary } from "../../events.ts";
import {
  Badge,
  Button,
  Card,
  Empty,
  href,
  JsonBlock,
  LongList,
  Notice,
  PageHead,
  Tabs,
  TextField,
  Timeline,
} from "../../kit/index.ts";
import { Logs, OutcomeView, statusTone } from "../outcome.tsx";
import { rowsOf } from "../steps.ts";
import { runs } from "../store.ts";
import { useLoaded } from "../use-loaded.ts";

export interface WholeRun {
  readonly summary: RunSummary;
  readonly action: string;
  readonly scenario: string | null;
  readonly outcome: Outcome;
  readonly failures: readonly Failure[];
  readonly steps: readonly Step[];
  readonly context: unknown;
}

const ORIGINS = { save: "a save", page: "the page", simulator: "a conversation" } as const;
const ROW = 52;

export function Runs({ chosen, execution }: { readonly chosen: string | null; readonly execution: string | null }) {
  const [filter, setFilter] = useState("");
  const wanted = filter.toLowerCase();
  const shown = runs.value.filter((run) => wanted === "" || textOf(run).includes(wanted));
  const id = chosen ?? (execution === null ? (shown[0] === undefined ? null : String(shown[0].id)) : null);
  const height = useHeight();
  return (
    <>
      <PageHead title="Runs" />
      <div class="columns list">
        <div class="stack">
          <TextField
            label="Filter"
            value={filter}
            onInput={setFilter}
            placeholder="action, scenario, what came of it"
            type="search"
          />
          <p class="small quiet" role="status">
            {shown.length} {shown.length === 1 ? "run" : "runs"}
          </p>
          {shown.length === 0 ? (
            <Empty>Nothing has run yet. Save an action, or let the bot call one in a conversation.</Empty>
          ) : (
            <LongList
              label="Runs"
              items={shown}
              keyOf={(run) => String(run.id)}
              chosen={id}
              onChoose={(key) => (location.hash = href(["runs", key]))}
              rowHeight={ROW}
              height={Math.min(height, Math.max(ROW, shown.length * ROW))}
              row={(run) => <RunRow run={run} />}
            />
          )}
        </div>
        <RunView path={id === null ? (execution === null ? null : `execution=${execution}`) : `id=${id}`} />
      </div>
    </>
  );
}

function RunRow({ run: { action, scenario, word, ok, status, at, wallMs } }: { readonly run: RunSummary }) {
  return (
    <div class="run-row">
      <span class="one-line">
        <strong>{action}</strong>
        {scenario === null ? "" : `, ${scenario}`}
      </span>
      <span class="row small">
        <Badge tone={statusTone(status, ok)}>
          {ok ? "✓" : "✗"} {word}
        </Badge>
        <span class="quiet one-line">
          {new Date(at).toLocaleTimeString()}, {Math.round(wallMs)} ms
        </span>
      </span>
    </div>
  );
}

function RunView({ path }: { readonly path: string | null }) {
  const { value, mistake } = useLoaded<WholeRun>(path === null ? null : `/api/run?${path}`);
  if (mistake !== null) return <Notice tone="bad">{mistake}</Notice>;
  if (value === null) return path === null ? <Empty>Choose a run.</Empty> : <Empty>Loading…</Empty>;
  return <WholeRunView run={value} />;
}

function WholeRunView({ run }: { readonly run: WholeRun }) {
  const { summary, outcome, failures, steps, context } = run;
  return (
    <Card
      title={`${run.action}${run.scenario === null ? "" : `, ${run.scenario}`}`}
      actions={<CompareWith run={summary} />}
      class="run"
    >
      <p class="small quiet">
        Asked for by {ORIGINS[summary.origin]} at {new Date(summary.at).toLocaleString()}.
      </p>
      {failures.map(({ path, message, expected, actual }) => (
        <Notice key={`${path} ${message}`} tone="bad" title={`Not as expected: ${path}.`}>
          {message}
          {expected !== undefined && <JsonBlock value={expected} label={`${path}: expected`} />}
          {actual !== undefined && <JsonBlock value={actual} label={`${path}: came`} />}
        </Notice>
      ))}
      <Tabs
        label="Parts of the run"
        tabs={[
          { key: "timeline", label: "Timeline", content: () => <Timeline label="Timeline" rows={rowsOf(steps)} /> },
          { key: "outcome", label: "Outcome", content: () => <OutcomeView outcome={outcome} action={run.action} /> },
          { key: "logs", label: `Logs (${outcome.logs.length})`, content: () => <Logs outcome={outcome} /> },
          ...(context === null
            ? []
            : [{ key: "context", label: "Context", content: () => <JsonBlock value={context} label="The context" /> }]),
          { key: "json", label: "As JSON", content: () => <JsonBlock value={outcome} label="The outcome as JSON" /> },
        ]}
      />
    </Card>
  );
}

/** The same action and scenario before, if it ran before: what a save has changed is the usual question. */
function CompareWith({ run }: { readonly run: RunSummary }) {
  const alike = runs.value.filter(({ id, action }) => id !== run.id && action === run.action);
  const before =
    alike.find(({ id, scenario }) => id < run.id && scenario === run.scenario) ??
    alike.find(({ id }) => id < run.id) ??
    alike[0];
  if (before === undefined) return null;
  const go = (left: number): void => {
    location.hash = href(["runs", "compare"], { left: String(left), right: String(run.id) });
  };
  return (
    <span class="row">
      <Button onClick={() => go(before.id)}>Compare with the run before</Button>
    </span>
  );
}

function textOf({ action, scenario, word, status }: RunSummary): string {
  return `${action} ${scenario ?? ""} ${word} ${status}`.toLowerCase();
}

function useHeight(): number {
  const [height, setHeight] = useState(() => room());
  useEffect(() => {
    const onResize = (): void => setHeight(room());
    addEventListener("resize", onResize);
    return () => removeEventListener("resize", onResize);
  }, []);
  return height;
}

const room = (): number => (innerWidth < 900 ? 312 : Math.max(312, innerHeight - 260));

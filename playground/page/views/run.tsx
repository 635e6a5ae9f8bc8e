/** All there is to say of one run, and what it was made of and what was made of it. */
import { useState } from "preact/hooks";
import { Card, Empty, href, JsonBlock, Notice, Tabs, Timeline } from "../../kit/index.ts";
import { Logs, OutcomeView } from "../outcome-view.tsx";
import { rowsOf } from "../steps.ts";
import { runs } from "../store.ts";
import { useLoaded } from "../use-loaded.ts";
import type { WholeRun } from "../whole-run.ts";
import { Replayed } from "./replayed.tsx";
import { RunActions } from "./run-actions.tsx";

const ORIGINS = {
  save: "a save",
  page: "the page",
  simulator: "a conversation",
  edit: "the page, edited",
  replay: "the page, as a replay",
} as const;

export function RunView({ path }: { readonly path: string | null }) {
  const id = path?.startsWith("id=") === true ? Number(path.slice(3)) : null;
  // Something was made of it meanwhile: that is shown on it.
  const made = runs.value.filter(({ of }) => of !== null && of === id).length;
  const [saves, setSaves] = useState(0);
  const { value, mistake } = useLoaded<WholeRun>(path === null ? null : `/api/run?${path}`, `${made} ${saves}`);
  if (mistake !== null) return <Notice tone="bad">{mistake}</Notice>;
  if (value === null) return path === null ? <Empty>Choose a run.</Empty> : <Empty>Loading…</Empty>;
  return <WholeRunView key={value.summary.id} run={value} onSaved={() => setSaves((count) => count + 1)} />;
}

function WholeRunView({ run, onSaved }: { readonly run: WholeRun; readonly onSaved: () => void }) {
  const { summary, outcome, failures, steps, context, replayed } = run;
  const timeline =
    steps.length > 0
      ? [{ key: "timeline", label: "Timeline", content: () => <Timeline label="Timeline" rows={rowsOf(steps)} /> }]
      : [];
  return (
    <Card title={`${run.action}${run.scenario === null ? "" : `, ${run.scenario}`}`} class="run">
      <p class="small quiet">
        Asked for by {ORIGINS[summary.origin]} at {new Date(summary.at).toLocaleString()}.
      </p>
      <Links run={run} />
      <RunActions run={run} onSaved={onSaved} />
      {replayed !== undefined && <Replayed replayed={replayed} />}
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
          ...timeline,
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

/** The run that it was made of, and the runs and files that were made of it. */
function Links({ run: { summary, saved, madeOf } }: { readonly run: WholeRun }) {
  if (summary.of === null && saved.length === 0 && madeOf.length === 0) return null;
  return (
    <ul class="plain-list stack tight small" aria-label="Where it comes from and what was made of it">
      {summary.of !== null && (
        <li>
          {summary.origin === "replay" ? "A replay of " : "Edited from "}
          <a href={href(["runs", String(summary.of)])}>its original, run {summary.of}</a>
        </li>
      )}
      {madeOf.map(({ id, origin, word, at }) => (
        <li key={id}>
          <a href={href(["runs", String(id)])}>
            {origin === "replay" ? "Replay" : "Edited run"} {id}
          </a>
          : {word}, {new Date(at).toLocaleTimeString()}
        </li>
      ))}
      {saved.map((file) => (
        <li key={file}>
          Saved as <a href={href(["scenarios"])}>{file}</a>
        </li>
      ))}
    </ul>
  );
}

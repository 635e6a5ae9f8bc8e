/** What can be done with a run: replayed, edited and run again, saved as a scenario in one click, compared. */
import { useState } from "preact/hooks";
import type { ReplayView, RunSummary, SavedScenario } from "../../events.ts";
import { Button, href, Mistake, Notice } from "../../kit/index.ts";
import { api, runs } from "../store.ts";
import { useWork } from "../work.ts";
import { Replayed } from "./replayed.tsx";
import type { WholeRun } from "../whole-run.ts";

interface Answer {
  readonly run: RunSummary;
  readonly replayed: ReplayView;
}

export function RunActions({ run, onSaved }: { readonly run: WholeRun; readonly onSaved: () => void }) {
  const { summary, isRecorded } = run;
  const [replayed, setReplayed] = useState<Answer | null>(null);
  const [saved, setSaved] = useState<SavedScenario | null>(null);
  const work = useWork();
  const { id } = summary;
  const replay = (current: boolean): void =>
    work.do(async () => setReplayed(await api.post<Answer>("/api/run/replay", { id, current })));
  const save = (): void =>
    work.do(async () => {
      setSaved(await api.post<SavedScenario>("/api/run/save", { id }));
      onSaved();
    });
  return (
    <div class="stack tight">
      <div class="row" role="group" aria-label="Do with this run">
        {isRecorded && (
          <>
            <Button onClick={() => replay(false)} disabled={work.isBusy}>
              Replay
            </Button>
            <Button onClick={() => replay(true)} disabled={work.isBusy}>
              Replay with the code as it is now
            </Button>
            <Button onClick={() => (location.hash = href(["runs", String(id), "edit"]))}>Edit and run</Button>
            <Button onClick={save} disabled={work.isBusy}>
              Save as a scenario
            </Button>
          </>
        )}
        <CompareWith run={summary} />
      </div>
      {!isRecorded && summary.origin !== "replay" && (
        <p class="small quiet">
          It was not recorded, so it cannot be replayed: it never began, waited for its clock to move, was measured, or
          is too long ago.
        </p>
      )}
      <div role="status" class="stack tight">
        {work.isBusy && <p class="small quiet">Working…</p>}
        {replayed !== null && (
          <div class="stack tight">
            <Replayed replayed={replayed.replayed} />
            <p class="small">
              <a class="target" href={href(["runs", String(replayed.run.id)])}>
                Open the replay
              </a>
            </p>
          </div>
        )}
        {saved !== null && <Saved saved={saved} />}
      </div>
      <Mistake text={work.mistake} />
    </div>
  );
}

function Saved({ saved: { file, result, notes } }: { readonly saved: SavedScenario }) {
  return (
    <Notice
      tone={result.ok ? "good" : "bad"}
      title={result.ok ? "Saved, and baton test passes it." : "Saved, but baton test does not pass it."}
    >
      <div class="stack tight">
        <p>
          <a href={href(["scenarios"])}>{file}</a>
        </p>
        {result.failures.map(({ path, message }) => (
          <p key={`${path} ${message}`}>
            {path}: {message}
          </p>
        ))}
        {notes.map((note) => (
          <p key={note} class="small">
            {note}
          </p>
        ))}
      </div>
    </Notice>
  );
}

/** With its original; or else the same action and scenario before, if it ran before: what a save has changed is the usual question. */
function CompareWith({ run }: { readonly run: RunSummary }) {
  const alike = runs.value.filter(({ id, action }) => id !== run.id && action === run.action);
  const before =
    alike.find(({ id, scenario }) => id < run.id && scenario === run.scenario) ??
    alike.find(({ id }) => id < run.id) ??
    alike[0];
  const left = run.of ?? before?.id;
  if (left === undefined) return null;
  const go = (): void => {
    location.hash = href(["runs", "compare"], { left: String(left), right: String(run.id) });
  };
  return <Button onClick={go}>{run.of === null ? "Compare with the run before" : "Compare with its original"}</Button>;
}

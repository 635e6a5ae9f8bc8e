/** Every run of the session, the newest first, beside the one that is looked at. */
import { useEffect, useState } from "preact/hooks";
import type { RunSummary } from "../../events.ts";
import { Badge, Empty, href, LongList, PageHead, TextField } from "../../kit/index.ts";
import { statusTone } from "../outcome-view.tsx";
import { runs } from "../store.ts";
import { RunView } from "./run.tsx";

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

function RunRow({ run }: { readonly run: RunSummary }) {
  const { action, scenario, word, ok, status, at, wallMs, origin } = run;
  // A scenario says what has to come of the run; without one an action that did not return is not well.
  const tone = scenario === null ? statusTone(status, ok) : ok ? "good" : "bad";
  return (
    <div class="run-row">
      <span class="one-line">
        <strong>{action}</strong>
        {scenario === null ? "" : `, ${scenario}`}
      </span>
      <span class="row small">
        <Badge tone={tone}>
          {tone === "good" ? "✓" : "✗"} {word}
        </Badge>
        <span class="quiet one-line">
          {origin === "edit" ? "edited, " : origin === "replay" ? "replay, " : ""}
          {new Date(at).toLocaleTimeString()}, {Math.round(wallMs)} ms
        </span>
      </span>
    </div>
  );
}

function textOf({ action, scenario, word, status, origin }: RunSummary): string {
  return `${action} ${scenario ?? ""} ${word} ${status} ${origin}`.toLowerCase();
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

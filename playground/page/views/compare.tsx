/** Two runs side by side: what is not the same in their outcomes, and when each did what. */
import type { DifferenceLine } from "../../../author/scenarios/difference.ts";
import { Badge, Card, href, Notice, PageHead, Select, Timeline } from "../../kit/index.ts";
import { statusTone } from "../outcome-view.tsx";
import { rowsOf } from "../steps.ts";
import { runs } from "../store.ts";
import { useLoaded } from "../use-loaded.ts";
import type { WholeRun } from "../whole-run.ts";

interface Compared {
  readonly left: WholeRun;
  readonly right: WholeRun;
  readonly lines: readonly DifferenceLine[];
}

export function Compare({ left, right }: { readonly left: string; readonly right: string }) {
  const { value, mistake } = useLoaded<Compared>(`/api/compare?${new URLSearchParams({ left, right })}`);
  const go = (sides: { readonly left: string; readonly right: string }): void => {
    location.hash = href(["runs", "compare"], sides);
  };
  return (
    <>
      <PageHead title="Two runs" />
      <div class="columns even">
        <Pick label="One run" chosen={left} onChoose={(id) => go({ left: id, right })} />
        <Pick label="The other run" chosen={right} onChoose={(id) => go({ left, right: id })} />
      </div>
      {mistake !== null && <Notice tone="bad">{mistake}</Notice>}
      {value !== null && (
        <>
          <Card title="What is not the same">
            {value.lines.length === 0 ? (
              <Notice tone="good">The outcomes are the same, but for ids and measures.</Notice>
            ) : (
              <Difference lines={value.lines} />
            )}
          </Card>
          <div class="columns even">
            {[value.left, value.right].map((run, index) => (
              <Card key={index} title={index === 0 ? "One run" : "The other run"}>
                <p>
                  <Badge tone={statusTone(run.outcome.status)}>{run.summary.word}</Badge>
                </p>
                {run.steps.length === 0 ? (
                  <p class="quiet">A replay waits for nothing, so it has no times of its own.</p>
                ) : (
                  <Timeline label={`Timeline of ${run.action}`} rows={rowsOf(run.steps)} />
                )}
              </Card>
            ))}
          </div>
        </>
      )}
    </>
  );
}

function Pick(props: { readonly label: string; readonly chosen: string; readonly onChoose: (id: string) => void }) {
  const options = runs.value.slice(0, 200).map(({ id, action, scenario, word, at }) => ({
    value: String(id),
    label: `${new Date(at).toLocaleTimeString()} ${action}${scenario === null ? "" : `, ${scenario}`}: ${word}`,
  }));
  return <Select label={props.label} value={props.chosen} options={options} onChange={props.onChoose} />;
}

const SIGNS = { "-": "only in the one: ", "+": "only in the other: ", " ": "" } as const;

export function Difference({ lines }: { readonly lines: readonly DifferenceLine[] }) {
  return (
    <pre class="code difference" tabIndex={0} role="region" aria-label="Differences">
      {lines.map(({ sign, text }, index) => (
        <div key={index} class={sign === "-" ? "gone" : sign === "+" ? "come" : ""}>
          <span aria-hidden="true">{sign} </span>
          <span class="hidden-text">{SIGNS[sign]}</span>
          {text}
        </div>
      ))}
    </pre>
  );
}

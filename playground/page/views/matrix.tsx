/** One action over channel, hours, standing and environment: what it comes to in each. */
import { useEffect, useState } from "preact/hooks";
import type { MatrixCell } from "../../../author/matrix/cells.ts";
import { Badge, Button, Card, Empty, localTime, Mistake, PageHead, Table } from "../../kit/index.ts";
import { OutcomeView } from "../outcome-view.tsx";
import { ActionSelect, useAction } from "../action-select.tsx";
import { api, saves } from "../store.ts";
import { useWork } from "../work.ts";

type Cell = MatrixCell & { readonly word: string };

interface Answer {
  readonly action: string;
  readonly open: string;
  readonly closed: string;
  readonly cells: readonly Cell[];
}

const ENVIRONMENTS = ["production", "test", "mock"] as const;

// oxlint-disable-next-line eslint/max-lines-per-function -- the markup of one view
export function Matrix() {
  const [action, setAction] = useAction();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [chosen, setChosen] = useState<Cell | null>(null);
  const work = useWork();
  const run = (): void =>
    work.do(async () => {
      setChosen(null);
      setAnswer({ action, ...(await api.post<Omit<Answer, "action">>("/api/matrix", { action })) });
    });
  // A save may have changed any cell.
  useEffect(() => {
    if (answer !== null && !work.isBusy) run();
  }, [saves.value]);
  const rows = answer === null ? [] : rowsOf(answer.cells);
  return (
    <>
      <PageHead title="Matrix" />
      <Card>
        <div class="row">
          <div class="grow">
            <ActionSelect value={action} onChange={setAction} />
          </div>
          <Button kind="primary" class="at-end" onClick={run} disabled={action === "" || work.isBusy}>
            {work.isBusy ? "Running…" : "Run the matrix"}
          </Button>
        </div>
        <Mistake text={work.mistake} />
        {answer === null ? (
          <Empty>
            Every cell is a run of its own: the same code on every channel, inside and outside business hours.
          </Empty>
        ) : (
          <>
            <p class="small quiet">
              Open is {localTime(answer.open)}, closed {localTime(answer.closed)}, on this machine's clock.
            </p>
            <Table
              caption={`What ${answer.action} comes to`}
              rows={rows}
              keyOf={({ key }) => key}
              columns={[
                { key: "channel", label: "Channel", cell: ({ cells }) => cells[0]!.channel },
                { key: "hours", label: "Hours", cell: ({ cells }) => cells[0]!.hours },
                {
                  key: "standing",
                  label: "Handed off before",
                  cell: ({ cells }) => (cells[0]!.alreadyHandedOff ? "yes" : "no"),
                },
                ...ENVIRONMENTS.map((environment) => ({
                  key: environment,
                  label: environment,
                  cell: ({ cells }: Row) => {
                    const cell = cells.find((each) => each.environment === environment);
                    return cell === undefined ? "" : <CellButton cell={cell} onClick={() => setChosen(cell)} />;
                  },
                })),
              ]}
            />
          </>
        )}
      </Card>
      {chosen !== null && answer !== null && (
        <Card title={`${chosen.channel}, ${chosen.hours}, ${chosen.environment}`}>
          <OutcomeView outcome={chosen.outcome} action={answer.action} />
        </Card>
      )}
    </>
  );
}

interface Row {
  readonly key: string;
  readonly cells: readonly Cell[];
}

function rowsOf(cells: readonly Cell[]): Row[] {
  const rows = Map.groupBy(cells, ({ channel, hours, alreadyHandedOff }) => `${channel} ${hours} ${alreadyHandedOff}`);
  return [...rows].map(([key, each]) => ({ key, cells: each }));
}

function CellButton({ cell, onClick }: { readonly cell: Cell; readonly onClick: () => void }) {
  const tone = !cell.ok ? "bad" : cell.outcome.handoff === null ? "plain" : "good";
  return (
    <button type="button" class="cell" onClick={onClick}>
      <Badge tone={tone}>{cell.word}</Badge>
    </button>
  );
}

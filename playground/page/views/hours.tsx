/**
 * A week as a picture: what the action would do at each half-hour, found by running it. Holidays and the changes of the clocks show by
 * themselves, because nothing is worked out: every half-hour is a run.
 */
import { useState } from "preact/hooks";
import {
  Badge,
  Button,
  Card,
  Choice,
  Empty,
  Facts,
  JsonBlock,
  Mistake,
  PageHead,
  TextField,
  type Tone,
} from "../../kit/index.ts";
import { ActionSelect, useAction } from "../action-select.tsx";
import { conversation, api } from "../store.ts";
import { doIn } from "../simulator/deed.ts";
import { useWork } from "../work.ts";

interface HalfHour {
  readonly local: string;
  readonly instant: string;
  readonly word: string;
  readonly status: string;
  readonly kind: "handoff" | "phone_transfer" | null;
  readonly number: string | null;
  readonly value: unknown;
  readonly error: string | null;
}

interface Day {
  readonly date: string;
  readonly cells: readonly HalfHour[];
}

const CHANNELS = [
  { value: "phone", label: "Phone" },
  { value: "chat", label: "Chat" },
  { value: "email", label: "E-mail" },
] as const;

// oxlint-disable-next-line eslint/max-lines-per-function -- the markup of one view
export function Hours() {
  const [action, setAction] = useAction();
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [from, setFrom] = useState(() => mondayOf(new Date()));
  const [channel, setChannel] = useState<"phone" | "chat" | "email">("phone");
  const [days, setDays] = useState<readonly Day[]>([]);
  const [at, setAt] = useState(0);
  const work = useWork();
  const run = (start: string): void =>
    work.do(async () => {
      setDays([]);
      for (const date of weekFrom(start)) {
        const day = await api.post<Day>("/api/hours", { action, date, zone, channel });
        setDays((before) => [...before, day]);
      }
    });
  const move = (weeks: number): void => {
    const next = addDays(from, weeks * 7);
    setFrom(next);
    if (days.length > 0) run(next);
  };
  const cells = days.flatMap(({ date, cells: each }) => each.map((cell) => ({ ...cell, date })));
  const chosen = cells[Math.min(at, cells.length - 1)];
  return (
    <>
      <PageHead title="Hours" />
      <Card>
        <div class="columns even">
          <ActionSelect value={action} onChange={setAction} />
          <TextField label="Time zone of the picture" value={zone} onInput={setZone} placeholder="America/New_York" />
          <Choice label="Channel" value={channel} options={CHANNELS} onChange={setChannel} />
          <TextField
            label="A day of the week"
            value={from}
            onInput={(text) => setFrom(text)}
            placeholder="2026-12-21"
          />
        </div>
        <div class="row">
          <Button kind="primary" disabled={action === "" || work.isBusy} onClick={() => run(from)}>
            {work.isBusy ? `Running… ${days.length} of 7 days` : "Draw the week"}
          </Button>
          <Button disabled={work.isBusy} onClick={() => move(-1)}>
            Week before
          </Button>
          <Button disabled={work.isBusy} onClick={() => move(1)}>
            Week after
          </Button>
        </div>
        <Mistake text={work.mistake} />
      </Card>
      {cells.length === 0 ? (
        <Empty>
          The action is run at each half-hour of a week, with its clock set to it: when would it transfer, when not?
        </Empty>
      ) : (
        <>
          <Card title={`Week of ${days[0]!.date}, ${zone}`}>
            <Legend cells={cells} />
            <Week
              days={days}
              chosen={chosen?.instant ?? ""}
              onChoose={(instant) => setAt(cells.findIndex((cell) => cell.instant === instant))}
            />
            <div class="field">
              <label for="now">The moment</label>
              <input
                id="now"
                type="range"
                min={0}
                max={cells.length - 1}
                value={at}
                aria-valuetext={chosen === undefined ? "" : `${dayName(chosen.date)} ${chosen.local}: ${chosen.word}`}
                onInput={(event) => setAt(event.currentTarget.valueAsNumber)}
              />
            </div>
            {chosen !== undefined && <Moment cell={chosen} date={chosen.date} />}
          </Card>
          <Card title="In words">
            <ul>
              {days.map((day) => (
                <li key={day.date}>
                  <strong>
                    {dayName(day.date)} {day.date}:
                  </strong>{" "}
                  {spansOf(day.cells).join("; ")}
                </li>
              ))}
            </ul>
          </Card>
        </>
      )}
    </>
  );
}

const toneOf = ({ status, kind }: HalfHour): Tone =>
  status !== "returned" ? "bad" : kind === "phone_transfer" ? "good" : kind === "handoff" ? "warn" : "plain";

function Legend({ cells }: { readonly cells: readonly HalfHour[] }) {
  const kinds = new Map(cells.map((cell) => [cell.word, toneOf(cell)]));
  return (
    <p class="row">
      {[...kinds].map(([word, tone]) => (
        <Badge key={word} tone={tone}>
          {word}
        </Badge>
      ))}
    </p>
  );
}

const ROW = 24;
const LEFT = 44;
const WIDTH = 720;

function Week(props: {
  readonly days: readonly Day[];
  readonly chosen: string;
  readonly onChoose: (instant: string) => void;
}) {
  const { days, chosen } = props;
  const step = (WIDTH - LEFT) / 48;
  const columnOf = (local: string): number => Number(local.slice(0, 2)) * 2 + (local.slice(3) >= "30" ? 1 : 0);
  return (
    <svg
      class="chart week"
      viewBox={`0 0 ${WIDTH} ${18 + days.length * ROW}`}
      role="img"
      aria-label="The week; the same stands below in words"
    >
      {[0, 6, 12, 18, 24].map((hour) => (
        <text key={hour} x={LEFT + hour * 2 * step} y={11} text-anchor={hour === 24 ? "end" : "start"}>
          {hour}:00
        </text>
      ))}
      {days.map((day, index) => (
        <g key={day.date}>
          <text x={0} y={18 + index * ROW + 15}>
            {dayName(day.date).slice(0, 3)}
          </text>
          {day.cells.map((cell) => (
            <rect
              key={cell.instant}
              class={`fill-${toneOf(cell)}${cell.instant === chosen ? " chosen" : ""}`}
              x={LEFT + columnOf(cell.local) * step + 0.5}
              y={18 + index * ROW + 2}
              width={step - 1}
              height={ROW - 4}
              onClick={() => props.onChoose(cell.instant)}
            />
          ))}
        </g>
      ))}
    </svg>
  );
}

function Moment({ cell, date }: { readonly cell: HalfHour; readonly date: string }) {
  const going = conversation.value;
  const work = useWork();
  const came =
    cell.kind === "phone_transfer"
      ? `The call is transferred to ${cell.number}.`
      : cell.kind === "handoff"
        ? "A human takes over."
        : "Nobody is handed off.";
  return (
    <div class="stack" aria-live="polite">
      <Facts
        of={[
          ["Clock on the wall", `${dayName(date)} ${date} ${cell.local}`],
          ["Instant", <code>{cell.instant}</code>],
          ["What comes of it", `${came} ${cell.error ?? ""}`],
        ]}
      />
      {cell.kind !== "phone_transfer" && cell.value !== null && (
        <JsonBlock value={cell.value} label="What the bot is given" />
      )}
      {going !== null && (
        <div class="row">
          <Button onClick={() => work.do(() => doIn(going, { do: "set", now: cell.instant }))}>
            Set the conversation's clock to it
          </Button>
        </div>
      )}
    </div>
  );
}

/** `09:00–17:00 transfer`. */
function spansOf(cells: readonly HalfHour[]): string[] {
  const spans: { from: string; to: string; word: string }[] = [];
  for (const [index, { local, word }] of cells.entries()) {
    const last = spans.at(-1);
    const to = cells[index + 1]?.local ?? "24:00";
    if (last?.word === word) last.to = to;
    else spans.push({ from: local, to, word });
  }
  return spans.map(({ from, to, word }) => `${from}–${to} ${word}`);
}

const DAY_MS = 86_400_000;

function addDays(date: string, days: number): string {
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) ? date : new Date(time + days * DAY_MS).toISOString().slice(0, 10);
}

function mondayOf(day: Date): string {
  const date = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
  return weekFrom(date)[0]!;
}

/** The seven days of the week that a date lies in, from its Monday. */
function weekFrom(date: string): string[] {
  const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  return Number.isNaN(weekday) ? [date] : Array.from({ length: 7 }, (_, day) => addDays(date, day - weekday));
}

const dayName = (date: string): string =>
  new Date(`${date}T00:00:00Z`).toLocaleDateString("en", { weekday: "long", timeZone: "UTC" });

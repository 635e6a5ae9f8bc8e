/** What was used, as charts: each bucket of time, empty ones included, so that a silence is seen as one. */
import { BarChart, Card, LineChart, type Bar, type Point } from "../../playground/kit/index.ts";
import type { Usage, UsageRow } from "./types.ts";

const MINUTE_MS = 60_000;
const SHOWN = 30;

type Measure = "runs" | "failed" | "cpuMs" | "handoffs";

/** The last half hour by minute; several rows of one minute (an action each) are added up. */
export function minutes(rows: readonly UsageRow[], measure: Measure, now = Date.now()): Point[] {
  const last = Math.floor(now / MINUTE_MS);
  const sums = new Map<number, number>();
  for (const row of rows) {
    const minute = Math.floor(Date.parse(row.at) / MINUTE_MS);
    sums.set(minute, (sums.get(minute) ?? 0) + row[measure]);
  }
  return Array.from({ length: SHOWN }, (_, index) => {
    const minute = last - SHOWN + 1 + index;
    return { label: labelOf(minute, index), value: sums.get(minute) ?? 0 };
  });
}

/** Every label is another, for the table; the chart has room for few. */
const labelOf = (minute: number, _index: number): string =>
  new Date(minute * MINUTE_MS).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });

export function UsageCharts({ usage }: { readonly usage: Usage | null }) {
  const rows = usage?.usage ?? [];
  const failed = minutes(rows, "failed");
  const rest = minutes(rows, "runs");
  const bars: Bar[] = failed.map((point) => ({ ...point, tone: "bad" }));
  return (
    <div class="columns even">
      <Card>
        <LineChart title="Runs a minute" points={rest} />
      </Card>
      <Card>
        <BarChart title="Failed runs, by five minutes" points={spaced(bars)} />
      </Card>
      <Card>
        <LineChart title="Processor time a minute" unit=" ms" points={minutes(rows, "cpuMs")} />
      </Card>
      <Card>
        <LineChart title="Hand-offs a minute" points={minutes(rows, "handoffs")} />
      </Card>
    </div>
  );
}

/** Bars by five minutes, where one for each would be too thin to be named. */
function spaced(bars: readonly Bar[]): Bar[] {
  const wide: Bar[] = [];
  for (let from = 0; from < bars.length; from += 5) {
    const part = bars.slice(from, from + 5);
    const value = part.reduce((sum, bar) => sum + bar.value, 0);
    wide.push({ label: part[0]!.label, value, tone: "bad" });
  }
  return wide;
}

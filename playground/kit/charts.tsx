/** Small charts. Each has a sentence for those who do not see it, and its numbers in a table that can be opened. */
import { Table } from "./table.tsx";

export interface Point {
  readonly label: string;
  readonly value: number;
}

export interface Bar extends Point {
  readonly tone?: "good" | "bad" | "warn" | "info" | "plain";
}

const WIDTH = 480;
const HEIGHT = 140;
const LEFT = 44;
const BOTTOM = 20;

interface ChartProps<T> {
  readonly title: string;
  readonly unit?: string;
  readonly points: readonly T[];
}

export function BarChart({ title, unit = "", points }: ChartProps<Bar>) {
  const most = Math.max(1, ...points.map(({ value }) => value));
  const step = (WIDTH - LEFT) / Math.max(1, points.length);
  return (
    <Chart title={title} unit={unit} points={points} most={most}>
      {points.map(({ label, value, tone = "info" }, index) => {
        const height = (value / most) * (HEIGHT - BOTTOM - 8);
        return (
          <g key={label}>
            <rect
              class={`fill-${tone}`}
              x={LEFT + index * step + step * 0.1}
              y={HEIGHT - BOTTOM - height}
              width={step * 0.8}
              height={height}
              rx="2"
            />
            <text x={LEFT + index * step + step / 2} y={HEIGHT - 6} text-anchor="middle">
              {label}
            </text>
          </g>
        );
      })}
    </Chart>
  );
}

export function LineChart({ title, unit = "", points }: ChartProps<Point>) {
  const most = Math.max(1, ...points.map(({ value }) => value));
  const step = (WIDTH - LEFT - 8) / Math.max(1, points.length - 1);
  const path = points.map(
    ({ value }, index) => `${LEFT + index * step},${HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - 8)}`,
  );
  return (
    <Chart title={title} unit={unit} points={points} most={most}>
      <polyline class="series" points={path.join(" ")} />
      <text x={LEFT} y={HEIGHT - 6}>
        {points[0]?.label}
      </text>
      <text x={WIDTH - 8} y={HEIGHT - 6} text-anchor="end">
        {points.at(-1)?.label}
      </text>
    </Chart>
  );
}

function Chart(props: ChartProps<Point> & { readonly most: number; readonly children: preact.ComponentChildren }) {
  const { title, unit = "", points, most } = props;
  const last = points.at(-1);
  const sentence =
    last === undefined
      ? `${title}: no data yet`
      : `${title}: ${points.length} values, at most ${format(most)}${unit}, the last ${format(last.value)}${unit}`;
  return (
    <figure class="stack tight" style={{ margin: 0 }}>
      <figcaption>
        <strong>{title}</strong>
      </figcaption>
      {last === undefined ? (
        <p class="quiet">No data yet.</p>
      ) : (
        <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={sentence}>
          <line class="axis" x1={LEFT} x2={WIDTH} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} />
          <text x={LEFT - 6} y={14} text-anchor="end">
            {format(most)}
          </text>
          <text x={LEFT - 6} y={HEIGHT - BOTTOM} text-anchor="end">
            0
          </text>
          {props.children}
        </svg>
      )}
      <details class="small">
        <summary>As a table</summary>
        <Table
          caption={title}
          hideCaption
          rows={points}
          keyOf={({ label }) => label}
          columns={[
            { key: "label", label: "", cell: ({ label }) => label },
            {
              key: "value",
              label: unit.trim() === "" ? "Value" : unit.trim(),
              number: true,
              cell: ({ value }) => format(value),
            },
          ]}
        />
      </details>
    </figure>
  );
}

const format = (value: number): string =>
  value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 2 : 0 });

/** Counts what is declared and writes it in Prometheus' text form (version 0.0.4). */
import { METRICS, type Declared, type MetricName } from "./declared.ts";

type Labels = Readonly<Record<string, string | number>>;

export interface MetricsRegistry {
  add(name: MetricName, labels?: Labels, by?: number): void;
  set(name: MetricName, value: number, labels?: Labels): void;
  observe(name: MetricName, value: number, labels?: Labels): void;
  /** Forgets the series of a gauge, before it is set anew. */
  clear(name: MetricName): void;
  text(): string;
}

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** A label's values come from lists of ours; should one ever grow without bound, the rest is one series. */
const MAX_SERIES = 1_000;

export function createMetricsRegistry(): MetricsRegistry {
  const values = new Map<MetricName, Map<string, number>>();
  const histograms = new Map<MetricName, Map<string, Histogram>>();

  function seriesOf<V>(
    all: Map<MetricName, Map<string, V>>,
    name: MetricName,
    labels: Labels,
  ): { series: Map<string, V>; key: string } {
    let series = all.get(name);
    if (series === undefined) all.set(name, (series = new Map()));
    const key = written(METRICS[name], labels);
    return { series, key: series.has(key) || series.size < MAX_SERIES ? key : written(METRICS[name], {}) };
  }
  return {
    add(name, labels = {}, by = 1) {
      const { series, key } = seriesOf(values, name, labels);
      series.set(key, (series.get(key) ?? 0) + by);
    },
    set(name, value, labels = {}) {
      const { series, key } = seriesOf(values, name, labels);
      series.set(key, value);
    },
    observe(name, value, labels = {}) {
      const { series, key } = seriesOf(histograms, name, labels);
      const buckets = (METRICS[name] as Declared).buckets ?? [];
      const found = series.get(key) ?? { counts: buckets.map(() => 0), sum: 0, count: 0 };
      series.set(key, found);
      const at = buckets.findIndex((bound) => value <= bound);
      if (at !== -1) found.counts[at]! += 1;
      found.sum += value;
      found.count += 1;
    },
    clear: (name) => void values.delete(name),
    text() {
      const lines: string[] = [];
      for (const [key, declared] of Object.entries(METRICS) as [MetricName, Declared][]) {
        const { name, type, help } = declared;
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
        for (const [labels, value] of values.get(key) ?? []) lines.push(`${name}${braced(labels)} ${value}`);
        for (const [labels, histogram] of histograms.get(key) ?? [])
          lines.push(...histogramLines(declared, labels, histogram));
      }
      return `${lines.join("\n")}\n`;
    },
  };
}

function histogramLines({ name, buckets = [] }: Declared, labels: string, { counts, sum, count }: Histogram): string[] {
  const rest = labels === "" ? "" : `${labels},`;
  let upTo = 0;
  const lines = buckets.map((bound, at) => `${name}_bucket{${rest}le="${bound}"} ${(upTo += counts[at] ?? 0)}`);
  return [
    ...lines,
    `${name}_bucket{${rest}le="+Inf"} ${count}`,
    `${name}_sum${braced(labels)} ${sum}`,
    `${name}_count${braced(labels)} ${count}`,
  ];
}

const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`);

function written({ labels }: Declared, given: Labels): string {
  return labels.map((name) => `${name}="${escaped(String(given[name] ?? "other"))}"`).join(",");
}

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

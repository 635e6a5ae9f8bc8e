/** Writes `docs/metrics.md` from what the service declares. */
import { readFileSync, writeFileSync } from "node:fs";
import { METRICS, type Declared } from "../service/metrics/declared.ts";

const page = new URL("../docs/metrics.md", import.meta.url);

export function metricsPage(): string {
  const rows = Object.values(METRICS as Readonly<Record<string, Declared>>).map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.length === 0 ? "" : labels.map((label) => `\`${label}\``).join(", "),
    help,
  ]);
  const head = ["metric", "type", "labels", "meaning"];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |\n`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`;
  const intro =
    "`GET /metrics` of `baton serve` in Prometheus' text form. No label names a tenant or a conversation. Alert rules over them are in `deploy/alerts.yml`. This page is made from `service/metrics/declared.ts`.";
  return `# Metrics\n\n${intro}\n\n${line(head)}${rule}${rows.map(line).join("")}`;
}

if (import.meta.main) {
  if (!process.argv.includes("--check")) writeFileSync(page, metricsPage());
  else if (readFileSync(page, "utf8") !== metricsPage()) {
    console.error("docs/metrics.md is not current: run npm run docs");
    process.exitCode = 1;
  }
}

/** Writes `docs/errors.md` from the catalogue; `--check` only says whether the page is current. */
import { readFileSync, writeFileSync } from "node:fs";
import { CATALOGUE } from "../base/catalogue.ts";
import type { CatalogueSection } from "../base/catalogue.ts";

const page = new URL("../docs/errors.md", import.meta.url);

export function errorsPage(): string {
  const intro =
    "Every code is stable: it keeps its meaning for as long as it exists. This page is made from `base/catalogue.ts`.";
  return `# Error codes\n\n${intro}\n\n${CATALOGUE.map(section).join("\n")}`;
}

function section({ title, intro, codes }: CatalogueSection): string {
  const rows = Object.entries(codes).map(([code, { meaning, remedy }]) => [`\`${code}\``, meaning, remedy] as const);
  const head = ["code", "meaning", "what to do"] as const;
  // As wide as the widest cell: the formatter aligns tables so, and would otherwise change the page.
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |\n`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`;
  return `## ${title}\n\n${intro}\n\n${line(head)}${rule}${rows.map(line).join("")}`;
}

if (import.meta.main) {
  const current = errorsPage();
  if (!process.argv.includes("--check")) writeFileSync(page, current);
  else if (readFileSync(page, "utf8") !== current) {
    console.error("docs/errors.md is not current: run node scripts/errors-page.ts");
    process.exitCode = 1;
  }
}

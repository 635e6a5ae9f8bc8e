/** The findings of `baton check` as other programs read them: one line each, annotations of GitHub, or SARIF for code scanning. */
import type { Finding } from "../author/check/finding.ts";
import { shown } from "../author/files.ts";
import { visibleLine } from "../author/text.ts";

export const FORMATS = ["line", "github", "sarif"] as const;
export type Format = (typeof FORMATS)[number];

/** `version` is that of the package; every text ends in a line break, or is empty. */
export function formatFindings(findings: readonly Finding[], format: Format, version: string): string {
  switch (format) {
    case "line":
      return findings.map((finding) => `${lineOf(finding)}\n`).join("");
    case "github":
      return findings.map((finding) => `${annotationOf(finding)}\n`).join("");
    case "sarif":
      return `${JSON.stringify(sarifOf(findings, version))}\n`;
    default:
      return format satisfies never;
  }
}

const pathOf = (file: string): string => shown(file).replaceAll("\\", "/");

/** As compilers write it, so that editors find the place. */
function lineOf({ file, line, column, code, message }: Finding): string {
  return `${pathOf(file)}:${line ?? 1}:${column ?? 1}: ${code}: ${visibleLine(message)}`;
}

function annotationOf({ file, line, column, code, message }: Finding): string {
  const places = [
    `file=${property(pathOf(file))}`,
    ...(line === null ? [] : [`line=${line}`, `col=${column ?? 1}`]),
    `title=${property(code)}`,
  ];
  return `::error ${places.join(",")}::${escaped(message)}`;
}

const escaped = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

function sarifOf(findings: readonly Finding[], version: string) {
  const rules = [...new Map(findings.map(({ code, rule }) => [code, { id: code, name: rule }])).values()];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "baton", version, rules } },
        columnKind: "utf16CodeUnits",
        results: findings.map(({ file, line, column, code, message }) => ({
          ruleId: code,
          level: "error",
          message: { text: message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: encodeURI(pathOf(file)) },
                ...(line !== null && { region: { startLine: line, startColumn: column ?? 1 } }),
              },
            },
          ],
        })),
      },
    ],
  };
}

/** Writes `docs/configuration.md` from the schema that `baton.config.json` is read with; `--check` only says whether the page is current. */
import { readFileSync, writeFileSync } from "node:fs";
import type { z } from "zod";
import { configSchema } from "../author/config-schema.ts";

const page = new URL("../docs/configuration.md", import.meta.url);

const HEAD = `# baton.config.json

Read from the action's folder, or from the nearest folder above it that has one. All keys are optional, and an unknown key is an error. This
page and the JSON Schema that \`baton init\` writes for editors are made from \`author/config-schema.ts\`.

\`\`\`json
{
  "root": ".",
  "limits": { "wallMs": 5000, "memoryMiB": 32 },
  "egress": { "hosts": ["api.shop.example"] },
  "packages": { "folder": ".", "allow": { "luxon": "3.7.2" } },
  "secrets": { "ORDERS_TOKEN": { "hosts": ["api.shop.example"] } }
}
\`\`\`

`;

const TAIL = `
## Secrets

A secret's value is never in this file. It comes from the file of \`--secrets\`, which has lines \`NAME=value\`; \`baton dev --live\` takes
\`.baton.env\` beside the configuration by itself, and \`baton init\` has git ignore that file. Names that the configuration does not
list are not read, and neither is the environment of the process. \`--env-file\` is another name of \`--secrets\`; but Node itself looks for a
flag of that name among all arguments, and where the file does not exist it says so (\`node: FILE: not found\`) and ends with status 9 before the
command begins.
`;

export function configurationPage(): string {
  const sections = [section("Keys", configSchema.shape), ...nested()];
  return HEAD + sections.join("\n") + TAIL;
}

type Shape = Readonly<Record<string, z.ZodType>>;

function nested(): string[] {
  return (["egress", "packages", "engine"] as const).map((key) => {
    const { shape } = (configSchema.shape[key] as unknown as z.ZodOptional<z.ZodObject>).unwrap();
    return section(`\`${key}\``, shape as Shape);
  });
}

function section(title: string, shape: Shape): string {
  const rows = Object.entries(shape)
    .filter(([key]) => key !== "$schema")
    .map(([key, schema]) => [`\`${key}\``, schema.description ?? inner(schema) ?? ""] as const);
  const widths = [0, 1].map((column) =>
    Math.max(["key", "meaning"][column]!.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |\n`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`;
  return `## ${title}\n\n${line(["key", "meaning"])}${rule}${rows.map(line).join("")}`;
}

/** What was said of a schema before it was made optional. */
function inner(schema: z.ZodType): string | undefined {
  return (schema as z.ZodOptional).def.type === "optional"
    ? (schema as unknown as z.ZodOptional<z.ZodType>).unwrap().description
    : undefined;
}

if (import.meta.main) {
  const current = configurationPage();
  if (!process.argv.includes("--check")) writeFileSync(page, current);
  else if (readFileSync(page, "utf8") !== current) {
    console.error("docs/configuration.md is not current: run npm run docs");
    process.exitCode = 1;
  }
}

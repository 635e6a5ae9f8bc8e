/**
 * `npm run bench [-- --quick] [--only SECTION[,SECTION]] [--out FOLDER]`: runs the sections, prints the figures with the goals beside them, and
 * writes RESULTS.md and results.json: into bench/ after a full run, into FOLDER where one is given, else nowhere.
 * With `--keep` the sections that ran take the place of the same ones in bench/, and the others stay as they were measured.
 * `--against COMMIT` instead alternates calls with a checkout of that commit, so that what became slower is seen whatever the machine does meanwhile.
 * Each section has a process of its own, so that none inherits another's heap or takes the others down.
 */
import { fork } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkOut } from "./against/checkout.ts";
import { COMPARED, type Compared, compareWith } from "./against/sections.ts";
import { describeMachine } from "./machine.ts";
import { type Report, type SectionResult, mergeInto, toJson, toMarkdown } from "./report.ts";
import type { Rows, Section } from "./section.ts";
import { readFlags } from "../scripts/flags.ts";

/** In the order of the report. A new section is one line. */
const SECTIONS: Readonly<Record<string, () => Promise<{ readonly section: Section }>>> = {
  "critical-path": () => import("./sections/critical-path.ts"),
  platform: () => import("./sections/platform.ts"),
  sustained: () => import("./sections/sustained.ts"),
  "hand-off": () => import("./sections/hand-off.ts"),
  delivery: () => import("./sections/delivery.ts"),
  waiting: () => import("./sections/waiting.ts"),
  memory: () => import("./sections/memory.ts"),
  tenants: () => import("./sections/tenants.ts"),
  neighbours: () => import("./sections/neighbours.ts"),
  density: () => import("./sections/density.ts"),
  compile: () => import("./sections/compile.ts"),
  loop: () => import("./sections/loop.ts"),
  engine: () => import("./sections/engine.ts"),
  replay: () => import("./sections/replay.ts"),
  service: () => import("./sections/service.ts"),
  starts: () => import("./sections/starts.ts"),
  python: () => import("./sections/python.ts"),
  page: () => import("./sections/page.ts"),
};

const SECTION_MS = 20 * 60 * 1_000;
const FOLDER = fileURLToPath(new URL(".", import.meta.url));

type Answer = SectionResult["outcome"];

const USAGE = `Usage: npm run bench -- [--quick] [--only SECTION,…] [--out FOLDER] [--keep] [--against COMMIT]

  --quick      a few runs of each, to see that they work: no figure of it counts
  --only       some of ${Object.keys(SECTIONS).join(", ")}
  --out        also writes the report into this folder
  --keep       writes the figures into bench/RESULTS.md, among those that are not measured now
  --against    alternates with another commit of this repository: ${COMPARED.join(", ")}`;

const values = readFlags(USAGE, {
  quick: { type: "boolean", default: false },
  only: { type: "string" },
  out: { type: "string" },
  keep: { type: "boolean", default: false },
  against: { type: "string" },
  /** For the process of one section: the folder of the other commit. */
  checkout: { type: "string" },
  /** For the process of one section. */
  section: { type: "string" },
});

if (values.section === undefined) await main();
else await runSection(values.section);

async function main(): Promise<void> {
  const known: readonly string[] = values.against === undefined ? Object.keys(SECTIONS) : COMPARED;
  const names = values.only?.split(",") ?? known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`There is no section "${unknown}"; there are ${known.join(", ")}.\n`);
    process.exitCode = 2;
    return;
  }
  const machine = describeMachine();
  const other =
    values.against === undefined ? null : checkOut(values.against, (line) => process.stderr.write(`${line}\n`));
  const results: SectionResult[] = [];
  try {
    for (const name of names)
      results.push(await measured(name, other === null ? [] : ["--against", other.commit, "--checkout", other.folder]));
  } finally {
    other?.close();
  }
  const report: Report = { made: today(), quick: values.quick, machine, results };
  process.stdout.write(toMarkdown(report));
  const partly = values.quick || values.only !== undefined || other !== null;
  if (values.keep && !values.quick && other === null) write(await amongTheOthers(report), FOLDER);
  else write(report, values.out ?? (partly ? null : FOLDER));
}

async function amongTheOthers(report: Report): Promise<Report> {
  const sections = await Promise.all(Object.values(SECTIONS).map(async (load) => (await load()).section));
  return mergeInto(readFileSync(join(FOLDER, "results.json"), "utf8"), report, sections);
}

async function measured(name: string, against: readonly string[]): Promise<SectionResult> {
  process.stderr.write(`${name}\n`);
  const begun = performance.now();
  const outcome = await inOwnProcess(name, against);
  if (!outcome.ok) process.stderr.write(`  failed: ${outcome.error}\n`);
  const [, commit] = against;
  const section = commit === undefined ? (await SECTIONS[name]!()).section : compareWith(name as Compared, "", commit);
  return { made: today(), section, seconds: Math.round((performance.now() - begun) / 1_000), outcome };
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function write(report: Report, folder: string | null): void {
  if (folder === null) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "RESULTS.md"), toMarkdown(report));
  writeFileSync(join(folder, "results.json"), toJson(report));
}

async function inOwnProcess(name: string, against: readonly string[]): Promise<Answer> {
  const args = ["--section", name, ...(values.quick ? ["--quick"] : []), ...against];
  const child = fork(fileURLToPath(import.meta.url), args, { execArgv: ["--no-warnings"], serialization: "advanced" });
  const timer = setTimeout(() => child.kill("SIGKILL"), SECTION_MS);
  let answer: Answer | null = null;
  child.once("message", (message) => (answer = message as Answer));
  const status = await new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
  clearTimeout(timer);
  return answer ?? { ok: false, error: `its process ended with ${String(status)}` };
}

async function runSection(name: string): Promise<void> {
  const { checkout, against } = values;
  const other =
    checkout === undefined || against === undefined ? null : compareWith(name as Compared, checkout, against);
  const section = other ?? (await SECTIONS[name]!()).section;
  const log = (line: string): void => void process.stderr.write(`  ${line}\n`);
  const answer: Answer = await section.run({ quick: values.quick, log }).then(
    (rows: Rows) => ({ ok: true, rows }) as const,
    (error: unknown) =>
      ({ ok: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }) as const,
  );
  // What a failed section left open must not keep its process.
  process.send?.(answer, () => process.exit());
}

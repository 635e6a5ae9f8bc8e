/** `baton init`: a project with one action, its contexts and scenarios, and types for the editor. What is there already stays as it is. */
import { rm, writeFile } from "node:fs/promises";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { Arguments } from "./flags.ts";
import type { Command, Io } from "./command.ts";
import { defineCommand } from "./define-command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { shown } from "../author/files.ts";
import { planInit } from "./init/plan.ts";
import type { InitPlan } from "./init/plan.ts";
import { InputError } from "../author/input-error.ts";
import { unwritable } from "../author/write.ts";
import { terminalOf } from "./terminal.ts";
import { visibleJson, visibleLine } from "../author/text.ts";

const USAGE = {
  synopsis: "init [FOLDER] [flags]",
  description:
    "Writes a small project into a folder (by default the working folder): one action, contexts and scenarios to run it with, and types for the editor. A file that is there already is never touched.",
  flags: [
    { name: "python", description: "write the first action in Python instead of TypeScript" },
    { name: "json", description: "print what was written and what was kept as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: ["baton init", "baton init my-actions", "baton init --python my-actions"],
} as const;

export const initCommand: Command = defineCommand(USAGE, init);

async function init(given: Arguments, io: Io, json: boolean): Promise<ExitStatus> {
  const [place = ".", more] = given.positionals;
  if (more !== undefined) {
    throw new InputError("BAD_FLAG", `baton init takes one folder: ${visibleLine(more.slice(0, 80))} is one too many.`);
  }
  const isPython = given.switches.has("python");
  const plan = await planInit(resolve(place), isPython ? "python" : null);
  const written = await carryOut(plan);
  const kept = [...plan.keep, ...plan.write.map(({ path }) => path).filter((path) => !written.includes(path))].sort();
  if (json) io.stdout.write(`${visibleJson(JSON.stringify({ folder: plan.folder, written, kept }))}\n`);
  else io.stdout.write(`${render(plan.folder, written, kept, io, isPython)}\n`);
  return EXIT.ok;
}

async function carryOut({ folder, write }: InitPlan): Promise<string[]> {
  const written: string[] = [];
  for (const { path, text } of write) {
    const place = join(folder, path);
    try {
      makeFolder(dirname(place));
      // Fails if another process has just made it.
      await writeFile(place, text, { flag: "wx" });
      written.push(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST" && existsSync(place)) continue;
      // Half a file would be taken for the author's own by the next try.
      await rm(place, { force: true }).catch(() => undefined);
      throw unwritable(error, place);
    }
  }
  return written;
}

/** One by one: where the system answers oddly, as in /proc, Node's own recursion has no end. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process has just made it.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function render(
  folder: string,
  written: readonly string[],
  kept: readonly string[],
  io: Io,
  isPython: boolean,
): string {
  const { paint } = terminalOf(io.stdout);
  const lines = [
    ...written.map((path) => `${paint("green", "wrote")} ${path}`),
    ...kept.map((path) => `${paint("dim", "kept ")} ${path}`),
  ];
  const steps = [
    ...(folder === process.cwd() ? [] : [`cd ${shown(folder)}`]),
    ...installing(folder, written, isPython ? "baton-runtime-python" : "typescript"),
    "npx baton test",
    "npx baton dev",
  ];
  return [...lines, "", paint("bold", "Next"), ...steps.map((step) => `  ${step}`)].join("\n");
}

/** What is still to be installed: often it is this very package that has just been. */
function installing(folder: string, written: readonly string[], beside: string): string[] {
  if (written.includes("package.json")) return ["npm install"];
  const require = createRequire(join(folder, "package.json"));
  const missing = ["baton-runtime", beside].filter((name) => {
    try {
      require.resolve(`${name}/package.json`);
      return false;
    } catch {
      return true;
    }
  });
  return missing.length === 0 ? [] : [`npm install --save-dev ${missing.join(" ")}`];
}

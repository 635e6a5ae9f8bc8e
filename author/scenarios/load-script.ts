/**
 * Reads a scenario that is a script: Node runs it in a process of its own, which has to print the default export as JSON in time. So
 * a scenario that loops or exits takes nothing down, and an edited one is never read from a cache.
 */
import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parse } from "node:path";
import { shown } from "../files.ts";
import { InputError } from "../input-error.ts";
import { visible } from "../text.ts";

const LOAD_MS = 5_000;
const LARGEST = 16 * 1024 * 1024;

export async function loadScript(file: string): Promise<unknown> {
  const here = fileURLToPath(import.meta.url);
  const loader = fileURLToPath(new URL(`./script-process${parse(here).ext}`, import.meta.url));
  const name = `The scenario ${shown(file)}`;
  const printed = await new Promise<string>((resolve, reject) => {
    const options = { cwd: dirname(file), timeout: LOAD_MS, killSignal: "SIGKILL", maxBuffer: LARGEST } as const;
    const child = execFile(
      process.execPath,
      ["--no-warnings", loader, pathToFileURL(file).href],
      options,
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const why = error.killed === true ? `it did not load within ${LOAD_MS} ms` : lastSentence(stderr);
        return reject(new InputError("SCENARIO_INVALID", `${name}: ${why}.`));
      },
    );
    child.stdin?.end();
  });
  try {
    // What the script itself wrote stands before the last line.
    return JSON.parse(printed.slice(printed.trimEnd().lastIndexOf("\n") + 1)) as unknown;
  } catch {
    throw new InputError("SCENARIO_INVALID", `${name}: it has no default export that JSON can carry.`);
  }
}

function lastSentence(stderr: string): string {
  const line = stderr.split("\n").find((each) => /^\w*Error\b|^\[?\w+Error/.test(each)) ?? "it could not be loaded";
  return visible(line.trim().slice(0, 400)).replace(/[.:]$/, "");
}

/** `baton serve` as a process of its own, from the built files. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { caller, type Call } from "./harness.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const MAIN = `${root}dist/cli/main.js`;

/** What a process that is given an environment of its own needs of this one all the same. */
export const pick = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));

export interface ServeProcess {
  readonly url: string;
  readonly output: () => string;
  readonly call: Call;
  readonly child: ChildProcess;
  readonly startedMs: number;
  kill(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function serveProcess(
  cwd: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  main = MAIN,
  /** What the command line begins with: a namespace to be entered, say. */
  enter: readonly string[] = [],
): Promise<ServeProcess> {
  const began = performance.now();
  const [program = "", ...rest] = [...enter, process.execPath, "--no-warnings", main, "serve", "--port", "0", ...args];
  const child = spawn(program, rest, {
    cwd,
    env: { ...pick("PATH", "NODE_COMPILE_CACHE"), HOME: cwd, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const [, found] = /serves on (http:\S+?),/.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then((code) => reject(new Error(`baton serve ended with ${code}: ${output}${errors}`)));
  });
  return {
    url,
    output: () => output,
    call: caller(() => url),
    child,
    startedMs: performance.now() - began,
    kill(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
  };
}

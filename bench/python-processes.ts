/** Processes that play Python for the bench: one that times runs in its own isolates, and the system's interpreter, a process for every run. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createCompiler } from "../languages/compile/compiler.ts";
import { shippedLanguages } from "../languages/index.ts";
import { addonPath } from "../sandbox/process/addon.ts";
import type { Candidate } from "./candidate.ts";
import { ANSWER, makeContexts, readPythonAction } from "./fixture.ts";
import type { Ask, Told } from "./python-child.ts";

const MIB = 1024 * 1024;

/** A process in which one run after the other is timed, by way of `name`. */
export async function startChild() {
  const compiler = createCompiler({ languages: shippedLanguages() });
  const limits = { sourceBytes: MIB, bundleBytes: 5 * MIB, compileMs: 30_000 };
  const compiled = await compiler.compile({ source: readPythonAction(), filename: "action.py" }, limits);
  await compiler.close();
  if (!compiled.ok) throw new Error(`the action does not compile: ${JSON.stringify(compiled.diagnostics)}`);
  const file = fileURLToPath(new URL("./python-child.ts", import.meta.url));
  const child = fork(file, [addonPath(), compiled.script], { execArgv: ["--no-warnings", "--no-node-snapshot"] });
  const told = (): Promise<Told> => nextMessage(child);
  await told();
  return {
    async ask(ask: Ask): Promise<number> {
      child.send(ask);
      const { us, failed } = await told();
      if (us === undefined) throw new Error(`${ask.name}: ${failed}`);
      return us;
    },
    end: () => void child.kill(),
  };
}

function nextMessage(child: ChildProcess): Promise<Told> {
  const { promise, resolve, reject } = Promise.withResolvers<Told>();
  const onExit = (): void => reject(new Error("the process of Python ended by itself"));
  child.once("exit", onExit);
  child.once("message", (message) => {
    child.off("exit", onExit);
    resolve(message as Told);
  });
  return promise;
}

/** A process of the machine's own Python for every run; null where there is none. */
export async function systemPython(): Promise<Candidate | null> {
  const next = makeContexts();
  const code = `import json, sys\ndef hand_off_conversation(context, reason): return json.loads(sys.argv[1])\n${readPythonAction()}\nprint(json.dumps(execute_action(json.load(sys.stdin))))`;
  const call = async (): Promise<number> => {
    const begun = performance.now();
    const child = spawn("python3", ["-c", code, ANSWER], { stdio: ["pipe", "pipe", "ignore"] });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.once("error", reject);
    child.once("close", () => resolve(text));
    child.stdin.on("error", () => undefined);
    child.stdin.end(JSON.stringify(next()));
    if (!(await promise).includes('"success": true')) throw new Error(`python3 gave ${text}`);
    return (performance.now() - begun) * 1_000;
  };
  const works = await call().then(
    () => true,
    () => false,
  );
  return works ? { name: "a process of the system's Python", every: 4, call, close: async () => undefined } : null;
}

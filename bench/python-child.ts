/**
 * Python in process, a run a message: instances of the baked image as a worker makes them, a bare isolate beside them, and other Pythons for what they
 * can run. Started with the path of isolated-vm's native part, which is where the worker's modules look for it.
 */
import { readFileSync } from "node:fs";
import { readImageFolder } from "../languages/python/image-files.ts";
import { needPackage } from "../languages/python/package.ts";
import { createPythonFactory } from "../languages/python/worker/python-isolate.ts";
import { ivm } from "../sandbox/worker/addon.ts";
import { CachedScript, type PreparedIsolate } from "../sandbox/worker/isolate.ts";
import { openIsolate } from "../sandbox/worker/open-isolate.ts";
import { ANSWER, asFunction, readPythonAction } from "./fixture.ts";
import { importPeer } from "./peers/installed.ts";
import { create as createMonty } from "./peers/monty.ts";

export interface Ask {
  readonly name: string;
  readonly input: string;
}
export interface Told {
  readonly us?: number;
  readonly failed?: string;
}

const MEMORY_MIB = 64;
const TURN_MS = 30_000;
const HOST_ANSWER = JSON.stringify({ ok: true, value: JSON.parse(ANSWER) as object });

const factory = createPythonFactory({
  openIsolate,
  files: readImageFolder(needPackage().folder),
  glue: new CachedScript(
    readFileSync(new URL("../dist/assets/python-glue.js", import.meta.url), "utf8"),
    "baton:python",
  ),
});
/** The artifact, as the compile process makes it. */
const script = process.argv[3]!;
const bare = asFunction("hand-off");

let monty: ReturnType<typeof createMonty> | undefined;

const candidates: Readonly<Record<string, (input: string) => Promise<number>>> = {
  bare: async (input) =>
    timed(() => {
      const isolate = new ivm.Isolate({ memoryLimit: MEMORY_MIB });
      const context = isolate.createContextSync();
      const action = isolate.compileScriptSync(bare).runSync(context, { reference: true });
      const text = action.applySync(undefined, [input, new ivm.Callback(() => ANSWER)]) as string;
      isolate.dispose();
      return text;
    }),
  fresh: async (input) =>
    timed(() => {
      const prepared = factory(MEMORY_MIB);
      const text = play(prepared, input);
      prepared.release();
      return text;
    }),
  ahead: async (input) => {
    const prepared = factory(MEMORY_MIB);
    prepared.rehearse();
    const us = timed(() => play(prepared, input));
    prepared.release();
    return us;
  },
  monty: async (input) => {
    const peer = await (monty ??= createMonty());
    return timed(() => peer.call("hand-off", input));
  },
  micropython: async (input) => {
    const { loadMicroPython } = (await importPeer(
      "@micropython/micropython-webassembly-pyscript/micropython.mjs",
    )) as MicroPythonModule;
    const begun = performance.now();
    let text = "";
    const python = await loadMicroPython({ stdout: (line) => (text += line), linebuffer: true });
    python.globals.set("_input", input);
    python.globals.set("_answer", ANSWER);
    python.runPython(
      `import json\ndef hand_off_conversation(context, reason): return json.loads(_answer)\n${readPythonAction()}\nprint(json.dumps(execute_action(json.loads(_input))))`,
    );
    check(text);
    return (performance.now() - begun) * 1_000;
  },
};

interface MicroPythonModule {
  loadMicroPython(options: { stdout: (line: string) => void; linebuffer: boolean }): Promise<{
    readonly globals: { set(name: string, value: unknown): void };
    runPython(code: string): void;
  }>;
}

function timed(run: () => string): number {
  const begun = performance.now();
  const text = run();
  const us = (performance.now() - begun) * 1_000;
  check(text);
  return us;
}

function check(text: string): void {
  if ((JSON.parse(text) as { success?: boolean }).success !== true) throw new Error(`a run gave ${text.slice(0, 200)}`);
}

function play(prepared: PreparedIsolate, input: string): string {
  let result = "";
  prepared.attach((op, ...parts) => {
    if (op === "done") result = String(parts[0]);
    if (op === "threw" || op === "bad_result" || op === "no_entry")
      throw new Error(`it ended as ${op}: ${String(parts)}`);
    return op === "call" ? HOST_ANSWER : undefined;
  });
  const data = JSON.stringify({ preludeData: {}, returnChars: 65_536, clock: { now: null, seed: null } });
  prepared.turn(TURN_MS, "start", data, script, input);
  prepared.dispose();
  return result;
}

process.on("message", ({ name, input }: Ask) => {
  void Promise.resolve()
    .then(() => candidates[name]!(input))
    .then(
      (us) => process.send!({ us } satisfies Told),
      (error: unknown) => process.send!({ failed: String(error).slice(0, 300) } satisfies Told),
    );
});
process.on("disconnect", () => process.exit(0));
process.send!({} satisfies Told);

/**
 * A script in the worker's own realm, as an action would run it that broke out of its isolate: it asks for every built-in module of this Node
 * version, by every way there is to ask.
 */
import { expect, test } from "@jest/globals";
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAsset } from "../../../sandbox/assets.ts";
import { launchWorker } from "../../../sandbox/process/launch.ts";
import { encodeFrame } from "../../../sandbox/protocol/wire.ts";
import { DEFAULT_SANDBOX_LIMITS } from "../../../sandbox/limits.ts";
import { viewing, walls } from "./probe.ts";

const NAMES = [...new Set([...builtinModules, "sqlite", "ffi", "sea", "test", "test/reporters", "quic", "wasi"])]
  .map((name) => name.replace(/^node:/, ""))
  .flatMap((name) => [name, `node:${name}`]);

/** Runs before the worker's code and keeps nothing but what it reports with; the attempts come after, as soon as that lets go of the thread. */
const ATTEMPTS = `
  const told = { got: [], ways: 0 };
  const { writeSync } = require("node:fs");
  const keptModule = module;
  process.nextTick(async () => {
    const ways = {
      require: (name) => require(name),
      moduleRequire: (name) => keptModule.require(name),
      load: (name) => keptModule.constructor._load(name),
      create: (name) => keptModule.constructor.createRequire("/x.js")(name),
      fresh: (name) => new keptModule.constructor("/x.js").require(name),
      main: (name) => process.mainModule.require(name),
      import: (name) => import(name),
      getBuiltinModule: (name) => { const got = process.getBuiltinModule(name); if (got === undefined) throw new Error("none"); return got; },
      binding: (name) => process.binding(name),
      linked: (name) => process._linkedBinding(name),
      hooked: (name) => { keptModule.constructor.registerHooks({ resolve: (url) => ({ url, format: "builtin", shortCircuit: true }), load: (url, c, next) => next(url, c) }); return require(name); },
      evaluated: (name) => new Function("name", "return import(name)")(name),
    };
    for (const name of ${JSON.stringify(NAMES)})
      for (const [way, ask] of Object.entries(ways)) {
        told.ways++;
        try { await ask(name); told.got.push(way + " " + name); } catch {}
      }
    for (const [name, ask] of Object.entries({
      addon: () => process.dlopen({ exports: {} }, ${JSON.stringify(walls.files.addon)}),
      signal: () => process.kill(process.pid, 0),
      debug: () => process._debugProcess(process.pid),
      other: () => process.execve("/bin/true", ["true"], {}),
      code: () => (0, eval)("1"),
      func: () => new Function("return 1")(),
    })) try { ask(); told.got.push(name); } catch {}
    writeSync(2, "TOLD" + JSON.stringify(told) + "END");
  });`;

test("no built-in module is to be had in a worker's realm, whatever the way of asking", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "baton-realm-")));
  chmodSync(folder, 0o755);
  const script = join(folder, "worker.cjs");
  writeFileSync(script, `${ATTEMPTS}\n${readFileSync(walls.files.script, "utf8")}`, { mode: 0o644 });
  const own = viewing({ ...walls, files: { ...walls.files, script } }, script);
  const worker = launchWorker({ walls: own, memoryBytes: 2 ** 31, script });
  const send = (frame: unknown, attached?: string) => worker.main.write(encodeFrame(JSON.stringify(frame), attached));
  send({
    type: "configure",
    bootstrap: readAsset("bootstrap.js"),
    preludes: [],
    parts: {},
    rehearsal: null,
    memoryMiB: 32,
    ahead: 1,
  });
  send({ type: "script", hash: "h", code: "(exports) => { exports.run = () => new Promise(() => {}); }" });
  // While a run waits, the worker's thread comes round to other work.
  send(
    {
      type: "run",
      run: 1,
      script: "h",
      entryPoints: ["run"],
      preludeData: {},
      functions: {},
      limits: DEFAULT_SANDBOX_LIMITS,
      cpuTimer: true,
      clock: { now: null, seed: null },
    },
    "null",
  );
  let errors = "";
  const told = await new Promise<{ got: string[]; ways: number }>((resolve, reject) => {
    worker.errors.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
      const found = /TOLD(.*)END/s.exec(errors);
      if (found !== null) resolve(JSON.parse(found[1]!) as { got: string[]; ways: number });
    });
    worker.child.once("close", () => reject(new Error(`it told nothing: ${errors.slice(0, 500)}`)));
  });
  worker.end();
  rmSync(folder, { recursive: true });
  expect(told.got).toEqual([]);
  expect(told.ways).toBeGreaterThan(1_000);
});

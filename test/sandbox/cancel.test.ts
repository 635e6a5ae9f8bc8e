// A run that is cancelled while its worker process is still starting never begins: the worker could not know which run to stop.
import { expect, test } from "@jest/globals";
import { DEFAULT_SANDBOX_LIMITS, createSandbox, scriptImage } from "../../sandbox/index.ts";
import type { RunRequest } from "../../sandbox/index.ts";

function request(called: string[], name: string, signal?: AbortSignal): RunRequest {
  return {
    tenant: "t",
    cordon: "c",
    script: {
      code: `((exports) => { exports.main = async () => { await call("note", ${JSON.stringify(name)}); return ${JSON.stringify(name)}; } })`,
      hash: name,
    },
    entryPoints: ["main"],
    input: "{}",
    preludeData: {},
    hostFunctions: {
      note: {
        mode: "async",
        handle: ({ args }) => {
          called.push(args as string);
          return Promise.resolve({ value: null });
        },
      },
    },
    limits: DEFAULT_SANDBOX_LIMITS,
    ...(signal && { signal }),
  };
}

const PRELUDE = `((bridge) => { globalThis.call = (name, args) => bridge.callAsync(name, JSON.stringify(args)); })`;

test("runs that are cancelled before their worker is up do not run, and one beside them does", async () => {
  const sandbox = createSandbox({ image: scriptImage({ preludes: [{ name: "test", code: PRELUDE }] }) });
  try {
    const called: string[] = [];
    const controller = new AbortController();
    // All are placed at once, in a process that takes longer to start than this.
    const gone = ["one", "two", "three"].map((name) => sandbox.run(request(called, name, controller.signal)));
    const kept = sandbox.run(request(called, "kept"));
    controller.abort();
    expect((await Promise.all(gone)).map(({ end }) => end)).toEqual(gone.map(() => ({ type: "cancelled" })));
    expect((await kept).end).toMatchObject({ type: "returned", value: "kept" });
    expect(called).toEqual(["kept"]);
    const later = await sandbox.run(request(called, "later"));
    expect(later.end).toMatchObject({ type: "returned", value: "later" });
  } finally {
    await sandbox.close();
  }
});

test("the only run of a starting worker that is cancelled leaves a worker that serves", async () => {
  const sandbox = createSandbox({ image: scriptImage({ preludes: [{ name: "test", code: PRELUDE }] }) });
  try {
    const called: string[] = [];
    const controller = new AbortController();
    const gone = sandbox.run(request(called, "gone", controller.signal));
    controller.abort();
    expect((await gone).end).toEqual({ type: "cancelled" });
    expect((await sandbox.run(request(called, "next"))).end).toMatchObject({ type: "returned", value: "next" });
    expect(called).toEqual(["next"]);
  } finally {
    await sandbox.close();
  }
});

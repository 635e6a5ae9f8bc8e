import { expect, test } from "@jest/globals";
import { chat, toModule, useRuntime } from "../harness.ts";

const open = useRuntime({ workers: 1 });

const POLLUTE = `
  globalThis.leak = "stolen"; Object.prototype.leak = "stolen"; Array.prototype.leak = 1;
  JSON.stringify = () => '"stolen"'; Promise.prototype.then = null; Symbol.for("leak").description;
  globalThis[Symbol.for("leak")] = "stolen"; hand_off_conversation.leak = "stolen"; console.leak = "stolen";
  try { Intl.leak = 1; } catch {} Date.now = () => 0; Math.random = () => 4; RegExp.prototype.exec = () => null;
  /(s)(t)/.test("st"); Error.leak = 1; Error.stackTraceLimit = 0;`;

const LOOK = `return [typeof leak, ({}).leak, [].leak, globalThis[Symbol.for("leak")], hand_off_conversation.leak, console.leak, Intl.leak, Date.now() > 0,
  Math.random() < 1, /x/.exec("x")[0], RegExp.$1, Error.leak, Error.stackTraceLimit > 0].map((v) => v ?? null);`;

const CLEAN = ["undefined", null, null, null, null, null, null, true, true, "x", "", null, true];

test("a run leaves nothing to the next one of its tenant", async () => {
  for (let round = 0; round < 4; round++) {
    await open().execute({ action: { source: toModule(POLLUTE) }, context: chat() });
    const next = await open().execute({ action: { source: toModule(LOOK) }, context: chat() });
    expect(next.returnValue).toEqual(CLEAN);
  }
});

test("nor to one of the same cordon that runs beside it", async () => {
  const wait = toModule(
    `const { then } = Promise.prototype; ${POLLUTE} Promise.prototype.then = then; return new Promise(() => {});`,
  );
  const beside = open().execute({
    tenant: "a",
    cordon: "both",
    action: { source: wait },
    context: chat(),
    limits: { wallMs: 600 },
  });
  const next = await open().execute({
    tenant: "b",
    cordon: "both",
    action: { source: toModule(LOOK) },
    context: chat(),
  });
  expect(next.returnValue).toEqual(CLEAN);
  expect((await beside).status).toBe("timed_out");
});

test("nor a module's state, nor anything in the memory of a buffer", async () => {
  const source =
    "let runs = 0; export const execute_action = () => [++runs, new Uint8Array(1e6).some((byte) => byte !== 0)];";
  for (let round = 0; round < 3; round++) {
    const outcome = await open().execute({ action: { source }, context: chat() });
    expect(outcome.returnValue).toEqual([1, false]);
  }
});

test("a clock that was set stays with its run", async () => {
  const source = toModule("return Date.now();");
  const set = await open().execute({ action: { source }, context: chat(), now: "2001-01-01T00:00:00Z", seed: "s" });
  expect(set.returnValue).toBe(Date.parse("2001-01-01T00:00:00Z"));
  const next = await open().execute({ action: { source }, context: chat() });
  expect(next.returnValue as number).toBeGreaterThan(Date.parse("2020-01-01T00:00:00Z"));
});

// Runs whose end, or whose randomness, no journal of turns holds by itself: they replay all the same.
import { afterAll, expect, test } from "@jest/globals";
import { type InvocationInput, type Recording, createRuntime } from "../../runtime/index.ts";
import { SILENT_LOGGER, action, contextOf, delay } from "../runtime/executing.ts";

const recordings: Recording[] = [];
const runtime = await createRuntime({
  logger: SILENT_LOGGER,
  record: { source: true, to: (recording) => void recordings.push(recording) },
});
afterAll(() => runtime.close());

async function replayed(body: string, over: Partial<InvocationInput> = {}) {
  const context = contextOf("chat", { id: 1 });
  const outcome = await runtime.execute({ action: action(body), context, ...over });
  while (recordings.length === 0) await delay(1);
  const began = performance.now();
  const came = await runtime.replay(JSON.stringify(recordings.shift()));
  return { outcome, came, ms: performance.now() - began };
}

test("RSA keys and what is encrypted with them are the recorded ones", async () => {
  const { outcome, came } = await replayed(`
    const algorithm = { name: "RSA-OAEP", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-1" };
    const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ["encrypt", "decrypt"]);
    const text = new TextEncoder().encode("twice");
    const both = [await crypto.subtle.encrypt("RSA-OAEP", publicKey, text), await crypto.subtle.encrypt("RSA-OAEP", publicKey, text)];
    const read = new TextDecoder().decode(await crypto.subtle.decrypt("RSA-OAEP", privateKey, both[1]));
    return [read, (await crypto.subtle.exportKey("jwk", privateKey)).d, ...both.map((bytes) => [...new Uint8Array(bytes)].join())];`);
  expect(outcome).toMatchObject({ status: "returned" });
  expect(came).toMatchObject({ mode: "exact", equal: true });
  const [read, , one, two] = (came.outcome as { returnValue?: unknown }).returnValue as string[];
  expect(read).toBe("twice");
  expect(one).not.toBe(two);
}, 30_000);

test("a run that was cancelled while it computed is cancelled again, long before its limit", async () => {
  const abort = new AbortController();
  const stop = runtime.subscribe(({ event }) => {
    if (event === "call.ended") setTimeout(() => abort.abort(), 30);
  });
  const limits = { cpuMs: 60_000, wallMs: 60_000 };
  const body = `hand_off_conversation(context, "before"); for (;;);`;
  const { outcome, came, ms } = await replayed(body, { signal: abort.signal, limits });
  stop();
  expect(outcome.status).toBe("cancelled");
  expect(came).toMatchObject({ equal: true, outcome: { status: "cancelled", handoff: { reason: "before" } } });
  expect(ms).toBeLessThan(limits.cpuMs / 2);
}, 60_000);

test("so is one whose worker was killed and took its turns and what it had used along", async () => {
  const abort = new AbortController();
  const stop = runtime.subscribe(({ event }) => void (event === "call.ended" && abort.abort()));
  const limits = { cpuMs: 60_000, wallMs: 60_000 };
  const body = `hand_off_conversation(context, "before"); for (;;);`;
  await runtime.execute({ action: action(body), context: contextOf("chat"), signal: abort.signal, limits });
  stop();
  while (recordings.length === 0) await delay(1);
  const recorded = recordings.shift()!;
  const killed = { ...recorded, turns: null, replies: [], outcome: { ...recorded.outcome, usage: { ...recorded.outcome.usage, cpuMs: null } } };
  for (const calls of [recorded.calls, []]) {
    const began = performance.now();
    const came = await runtime.replay(JSON.stringify({ ...killed, calls }));
    expect(came).toMatchObject({ equal: calls.length > 0, outcome: { status: "cancelled" } });
    expect(performance.now() - began).toBeLessThan(limits.cpuMs / 2);
  }
}, 60_000); // prettier-ignore

test("a run that its CPU limit cut off is cut off again, also where it would have run out of memory next", async () => {
  const body = `hand_off_conversation(context, "before"); const kept = []; for (let n = 0; ; n++) { for (let i = 0; i < 3e6; i++); kept.push(new Uint8Array(4e6).fill(1)); }`;
  const { outcome, came } = await replayed(body, { limits: { cpuMs: 25 } });
  expect(outcome.error?.code).toMatch(/CPU_LIMIT|ACTION_THREW|OUT_OF_MEMORY/);
  expect(came).toMatchObject({ equal: true, outcome: { status: outcome.status, handoff: { reason: "before" } } });
}, 30_000);

test("one that its CPU limit cut off before any call is played to that limit, and returns if it would", async () => {
  const { outcome, came } = await replayed(`for (;;);`, { limits: { cpuMs: 25 } });
  expect(outcome.error?.code).toBe("CPU_LIMIT");
  expect(came).toMatchObject({ equal: true, outcome: { error: { code: "CPU_LIMIT" } } });
  await runtime.execute({ action: action("return 1;"), context: contextOf("chat", { id: 1 }) });
  while (recordings.length === 0) await delay(1);
  const forged = { ...recordings.shift()!, outcome: { ...outcome, executionId: came.recording.executionId } };
  expect(await runtime.replay(JSON.stringify(forged))).toMatchObject({ equal: false, outcome: { status: "returned" } });
}, 30_000);

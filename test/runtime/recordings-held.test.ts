// Recordings on their way to where they are kept stay in memory until they are there: so many of them, so many bytes, and what is more is dropped and logged.
import { afterAll, expect, test } from "@jest/globals";
import { type Runtime, createRuntime } from "../../runtime/index.ts";
import { recordingsOf } from "../../runtime/journal/recordings.ts";
import type { Recordings } from "../../runtime/parts.ts";
import { SILENT_LOGGER, action, contextOf } from "./executing.ts";

const MIB = 1024 * 1024;
const runtimes: Runtime[] = [];
afterAll(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.close()));
});

test("64 recordings wait for a sink that takes its time, and the runs themselves wait for none", async () => {
  const warned: string[] = [];
  const logger = { ...SILENT_LOGGER, warn: (fields: object) => void warned.push(JSON.stringify(fields)) };
  const release = Promise.withResolvers<void>();
  let begun = 0;
  const runtime = await createRuntime({ logger, workers: 1, record: { to: () => ((begun += 1), release.promise) } });
  runtimes.push(runtime);
  const run = () => runtime.execute({ action: action("return 1"), context: contextOf("chat") });
  for (let at = 0; at < 64; at++) expect((await run()).status).toBe("returned");
  expect(warned).toEqual([]);
  for (let at = 0; at < 3; at++) expect((await run()).status).toBe("returned");
  expect(warned).toHaveLength(3);
  release.resolve();
  await runtime.recorded();
  expect(begun).toBe(64);
  await run();
  await runtime.recorded();
  expect(begun).toBe(65);
});

/** A recording of a run whose journal is said to hold so many bytes; a stand-in for the sandbox, as nothing is to be allocated. */
async function record(recordings: Recordings, bytes: number): Promise<() => void> {
  const invocation = { tenant: "t", executionId: "e" };
  const tape = recordings.open(invocation as never, {} as never, {} as never)!;
  const journal = { worker: null, calls: [], lost: null, bytes };
  const parts = tape.listen({ handoffs: {}, sandbox: { run: () => Promise.resolve({ journal }) } } as never);
  await parts.sandbox.run({} as never);
  return () => tape.close({ status: "returned", warnings: [] } as never);
}

test("256 MiB of them wait, and what is beyond is dropped until some have been kept", async () => {
  const errors: string[] = [];
  const log = { notKept: (_run: object, error: unknown) => void errors.push(String(error)) };
  const recordings = recordingsOf({ to: () => Promise.resolve() })(log as never);
  const closing = await Promise.all(Array.from({ length: 10 }, () => record(recordings, 30 * MIB)));
  for (const close of closing) close();
  expect(errors).toEqual(Array(2).fill("Error: recordings of too many bytes are on their way"));
  await recordings.kept();
  errors.length = 0;
  (await record(recordings, 200 * MIB))();
  expect(errors).toEqual([]);
  await recordings.kept();
});

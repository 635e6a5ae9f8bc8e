import { expect, test } from "@jest/globals";
import { readdirSync } from "node:fs";
import { createRuntime } from "../../../runtime/index.ts";
import { childPids, pause } from "../../processes.ts";
import { SILENT, chat, toModule } from "../harness.ts";

const descriptors = (): number => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);

async function round(): Promise<void> {
  const runtime = await createRuntime({ logger: SILENT, limits: { cpuMs: 60_000, wallMs: 60_000 } });
  const sources = [
    "return 1;",
    "for (;;);",
    "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);",
    "return new Promise(() => {});",
  ];
  await Promise.all(sources.map((source) => runtime.compile({ source: toModule(source) })));
  const running = sources.map((source) =>
    runtime.execute({ tenant: source, action: { source: toModule(source) }, context: chat() }),
  );
  await running[0];
  await pause(100);
  await runtime.close();
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([
    "returned",
    "cancelled",
    "cancelled",
    "cancelled",
  ]);
}

test("after close there is no process, no zombie and no descriptor of ours, whatever was running", async () => {
  await round();
  const [children, open] = [childPids(), descriptors()];
  for (let count = 0; count < 3; count++) await round();
  expect(childPids().filter((pid) => !children.includes(pid))).toEqual([]);
  expect(descriptors()).toBeLessThanOrEqual(open);
});

/** `requests` in an action beside the real one of this machine's Python: the same calls to the same server, the same answers, errors and history. */
import { spawnSync } from "node:child_process";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Runtime, createRuntime } from "../../../runtime/index.ts";
import { SILENT_LOGGER, contextOf } from "../../runtime/executing.ts";
import { CALLS, PRELUDE, answer } from "./requests-calls.ts";

const hasRequests = spawnSync("python3", ["-c", "import requests"]).status === 0;
if (!hasRequests) process.stderr.write("skipped: python3 has no requests here\n");
const there = hasRequests ? test : test.skip;

let server: Server;
let runtime: Runtime;
let real: Readonly<Record<string, unknown>>;
let names: string;

beforeAll(async () => {
  if (!hasRequests) return;
  server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;
  names = `BASE = "${base}"\nOTHER = "${base.replace("127.0.0.1", "localhost")}"\n`;
  runtime = await createRuntime({
    logger: SILENT_LOGGER,
    workers: 1,
    egress: {
      hosts: ["127.0.0.1", "localhost"],
      http: true,
      ports: [port],
      private: [`127.0.0.1:${port}`, `localhost:${port}`],
    },
  });
  const script = `${names}${PRELUDE}out = {}\n${statements(Object.entries(CALLS)).join("\n")}\nprint(json.dumps(out))`;
  real = JSON.parse(await output(script)) as Record<string, unknown>;
}, 60_000);
afterAll(async () => {
  await runtime?.close();
  server?.closeAllConnections();
  server?.close();
});

const statements = (calls: readonly (readonly [string, string])[]): string[] =>
  calls.map(([name, call]) => {
    const put = `out[${JSON.stringify(name)}]`;
    return `try:\n    ${put} = ${call}\nexcept Exception as e:\n    ${put} = ["failed", repr(e)]\nS = requests.Session()`;
  });

/** Beside this process, which is the server. */
async function output(script: string): Promise<string> {
  const { spawn } = await import("node:child_process");
  const child = spawn("python3", ["-"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(script);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await new Promise((resolve) => child.once("close", resolve));
  return text;
}

/** Some calls in one run: an instance for each would cost more than the calls do. */
async function own(calls: readonly (readonly [string, string])[]): Promise<Readonly<Record<string, unknown>>> {
  const lines = statements(calls)
    .join("\n")
    .split("\n")
    .map((line) => `    ${line}`);
  const source = `${names}${PRELUDE}def execute_action(context):\n    global S\n    out = {}\n${lines.join("\n")}\n    return out\n`;
  const outcome = await runtime.execute({
    action: { source, filename: "x.py" },
    context: contextOf("chat"),
    limits: { fetchCalls: 500, hostCalls: 2_000, wallMs: 30_000, cpuMs: 20_000 },
  });
  expect([outcome.error?.message, outcome.status]).toEqual([undefined, "returned"]);
  return (outcome as { returnValue?: unknown }).returnValue as Record<string, unknown>;
}

const ALL = Object.entries(CALLS);
const CHUNK = 18;
there.each(Array.from({ length: Math.ceil(ALL.length / CHUNK) }, (_, at) => [at + 1]))("part %i", async (part) => {
  const calls = ALL.slice((part - 1) * CHUNK, part * CHUNK);
  const found = await own(calls);
  expect(found).toEqual(Object.fromEntries(calls.map(([name]) => [name, real[name]])));
});

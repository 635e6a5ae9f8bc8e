/** A process for each run: what one takes without any sandbox library. The host call goes over standard input and output. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Candidate, Skipped } from "../candidate.ts";
import { ANSWER, type BenchContext, asFunction } from "../fixture.ts";
import { findBinary, notInstalled } from "./installed.ts";

const script = fileURLToPath(new URL("process-guest.mjs", import.meta.url));

interface Command {
  readonly name: string;
  readonly file: string | null;
  readonly args: readonly string[];
}

function commands(): Command[] {
  return [
    { name: "node process", file: process.execPath, args: [script] },
    {
      name: "deno process",
      file: findBinary("@deno", /./, "deno") ?? findBinary("@deno", /./, "deno.exe"),
      args: ["run", "--no-prompt", "--no-config", "--no-remote", script],
    },
    {
      name: "bun process",
      file: findBinary("@oven", /./, "bin/bun") ?? findBinary("@oven", /./, "bin/bun.exe"),
      args: [script],
    },
  ];
}

export function processCandidates(next: () => BenchContext): (Candidate | Skipped)[] {
  const code = asFunction("hand-off");
  return commands().map(({ name, file, args }) =>
    file === null
      ? { skipped: notInstalled(name) }
      : {
          name: `${name} per run`,
          every: 10,
          call: () => callOnce(file, args, JSON.stringify({ code, input: JSON.stringify(next()) })),
          close: async () => undefined,
        },
  );
}

async function callOnce(file: string, args: readonly string[], request: string): Promise<number> {
  const begun = performance.now();
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], env: { NO_COLOR: "1" } });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const exited = new Promise<void>((done) => void child.once("exit", () => done()));
  let out = "";
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    for (let end = out.indexOf("\n"); end !== -1; end = out.indexOf("\n")) {
      const line = JSON.parse(out.slice(0, end)) as { ask?: object; result?: string };
      out = out.slice(end + 1);
      if (line.ask) child.stdin.write(`${ANSWER}\n`);
      else resolve((performance.now() - begun) * 1_000);
    }
  });
  child.once("error", reject);
  void exited.then(() => reject(new Error(`${file} ended without a result: ${errors.slice(0, 500)}`)));
  child.stdin.write(`${request}\n`);
  const us = await promise;
  await exited;
  return us;
}

/** workerd's worker loader with a fresh isolate for each run, asked over HTTP on a connection that stays open, as a host would. */
import { type ChildProcess, spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import type { Candidate, Skipped } from "../candidate.ts";
import { type BenchContext, type Kind, readActionSource } from "../fixture.ts";
import { findBinary, notInstalled } from "./installed.ts";

/** Its host call is asynchronous; all else is the same action. */
function asWorker(kind: Kind): string {
  const source = readActionSource(kind)
    .replace("export function", "async function")
    .replace("hand_off_conversation(", "await hand_off_conversation(");
  return `
let host;
const hand_off_conversation = (context, reason) => host.ask(context.conversation.id, reason);
${source}
export default {
  async fetch(request, env) {
    host = env.HOST;
    return new Response(JSON.stringify(await execute_action(JSON.parse(await request.text()))));
  },
};`;
}

export async function workerdCandidates(next: () => BenchContext): Promise<(Candidate | Skipped)[]> {
  const file = findBinary("@cloudflare", /^workerd-/, "bin/workerd");
  if (file === null) return [{ skipped: notInstalled("workerd") }];
  const config = fileURLToPath(new URL("workerd/config.capnp", import.meta.url));
  const child = spawn(file, ["serve", config, "config", "--experimental", "--control-fd=3"], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const port = await portOf(child);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (path: string, method: string, body: string) => ask(agent, port, path, method, body);
  for (const kind of ["reply", "hand-off"] as const) await send(`/${kind}`, "PUT", asWorker(kind));
  let open = 3;
  const close = async (): Promise<void> => {
    if (--open > 0) return;
    agent.destroy();
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
  };
  const timed = (name: string, path: string): Candidate => ({
    name,
    every: 2,
    close,
    async call() {
      const input = JSON.stringify(next());
      const begun = performance.now();
      const text = await send(path, "POST", input);
      const us = (performance.now() - begun) * 1_000;
      if (path !== "/echo" && (JSON.parse(text) as { success?: boolean }).success !== true)
        throw new Error(`workerd answered ${text.slice(0, 200)}`);
      return us;
    },
  });
  return [
    timed("workerd loader, one host call", "/hand-off"),
    timed("workerd loader, no host call", "/reply"),
    timed("workerd HTTP echo alone", "/echo"),
  ];
}

async function portOf(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.stdio[3]!.on("data", (chunk: Buffer) => {
    const port = /"port":(\d+)/.exec(chunk.toString())?.[1];
    if (port !== undefined) resolve(Number(port));
  });
  child.once("error", reject);
  child.once("exit", () => reject(new Error("workerd ended before it listened")));
  return promise;
}

async function ask(agent: Agent, port: number, path: string, method: string, body: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { "content-length": String(Buffer.byteLength(body)) };
  const sent = request({ agent, host: "127.0.0.1", port, path, method, headers }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => (text += chunk));
    response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    response.on("error", reject);
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

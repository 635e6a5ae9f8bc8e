/** The host's side of a peer that lives in a child process. */
import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { engineFlags } from "../../sandbox/process/engine.ts";
import type { PeerName, PeerReply, PeerRequest } from "./peer.ts";

export interface PeerProcess {
  readonly pid: number;
  ask(request: PeerRequest): Promise<PeerReply>;
  close(): Promise<void>;
}

export async function startPeer(name: PeerName): Promise<PeerProcess> {
  // isolated-vm needs --no-node-snapshot in the process that loads it; the others get what users would give them. The bare isolate is the measure
  // of ours, so it gets the very flags under which V8 works in a worker process.
  const flags = name === "bare" || name === "echo" ? ["--no-node-snapshot", ...engineFlags("maglev")] : [];
  const script = fileURLToPath(new URL("child.ts", import.meta.url));
  const child = spawn(process.execPath, ["--no-warnings", ...flags, script, name], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const socket = child.stdio[3] as Socket;
  const exited = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  const waiting: PromiseWithResolvers<PeerReply>[] = [];
  let pending = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    const lines = (pending + chunk).split("\n");
    pending = lines.pop()!;
    for (const line of lines) waiting.shift()?.resolve(JSON.parse(line) as PeerReply);
  });
  socket.on("error", () => undefined);
  void exited.then(() => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`the process of ${name} ended by itself`));
  });
  const next = (): Promise<PeerReply> => {
    const deferred = Promise.withResolvers<PeerReply>();
    waiting.push(deferred);
    return deferred.promise;
  };
  await next();
  return {
    pid: child.pid!,
    ask(request) {
      socket.write(`${JSON.stringify(request)}\n`);
      return next();
    },
    async close() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

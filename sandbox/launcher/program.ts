/**
 * The launcher's program: starts processes for one host, and hands the host its ends of their pipes. It reads nothing from them, so that no byte of a
 * worker is ever in a process without walls that is not the host itself. Once its host is gone it takes all along.
 */
import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { endTree, kill } from "./end-tree.ts";
import type { FromLauncher, ToLauncher } from "./messages.ts";
import { type StartRequest, spawnRequested } from "./started.ts";

interface Child {
  readonly child: ChildProcess;
  readonly forks: boolean;
}

const children = new Map<number, Child>();

process.on("message", (message: ToLauncher) => {
  if (message.type === "start") start(message.id, message.request);
  else end(children.get(message.id));
});
process.on("disconnect", () => {
  for (const child of children.values()) end(child);
  process.exit();
});
send({ type: "up" });

function start(id: number, request: StartRequest): void {
  let child: ChildProcess;
  try {
    child = spawnRequested(request);
  } catch (error) {
    return send({ type: "failed", id, message: (error as Error).message });
  }
  const { pid } = child;
  child.once("error", (error) => {
    if (pid === undefined) send({ type: "failed", id, message: error.message });
  });
  // Such a child may have no pipes at all.
  if (pid === undefined) return;
  const pipes = request.stdio.flatMap((kind, descriptor) => (kind === "pipe" ? [descriptor] : []));
  // In the turn in which they are made: nothing has been read from them yet.
  for (const descriptor of pipes) stopReading(child.stdio[descriptor] as Socket);
  children.set(id, { child, forks: request.forks });
  child.once("exit", (code, signal) => {
    children.delete(id);
    // What it leaves behind goes with it.
    kill(-pid);
    send({ type: "exit", id, code, signal });
  });
  send({ type: "started", id, pid });
  // Errors last: they have the lowest descriptor, and nothing waits for them.
  for (const descriptor of pipes.reverse())
    send({ type: "channel", id, descriptor }, child.stdio[descriptor] as Socket);
}

function end(found: Child | undefined): void {
  if (found !== undefined) endTree(found.child, found.forks);
}

/** Node begins to read from a child's pipe as it makes the socket, and keeps no public way to hand it on unread. */
function stopReading(socket: Socket): void {
  (socket as unknown as { readonly _handle: { readStop(): void } })._handle.readStop();
}

/** A host that is gone is reported by `disconnect`. */
function send(message: FromLauncher, socket?: Socket): void {
  process.send?.(message, socket, undefined, () => undefined);
}

/** Starts one worker process with nothing but its two channels: an empty environment in UTC and en-US, no standard streams but a short stderr. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { Socket } from "node:net";
import { assetPath } from "./assets.ts";

export interface LaunchedProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Frames both ways. */
  readonly main: Socket;
  /** Synchronous host calls: the worker stands still on its end. */
  readonly sync: Socket;
  /** What a dying V8 has to say; read for its first few thousand characters only. */
  readonly errors: Readable;
}

const ENVIRONMENT = { TZ: "UTC", LANG: "en_US.UTF-8", LC_ALL: "en_US.UTF-8" };

export function launchWorker(): LaunchedProcess {
  // isolated-vm needs --no-node-snapshot in the process that loads it.
  const child = spawn(process.execPath, ["--no-node-snapshot", assetPath("worker.cjs")], {
    cwd: "/",
    env: ENVIRONMENT,
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    windowsHide: true,
  });
  // A failed start is told by the `error` event; until then there is no pid.
  return {
    child,
    pid: child.pid ?? -1,
    main: child.stdio[3] as Socket,
    sync: child.stdio[4] as Socket,
    errors: child.stdio[2] as Readable,
  };
}

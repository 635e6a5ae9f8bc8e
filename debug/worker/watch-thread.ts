/**
 * The second thread of a debug process. It ends a turn that has passed its limits, after asking where the guest stood; it reads the host's messages while the
 * guest is held by a debugger; and it ends the process when the host is gone, which a thread that stands in a pause would never notice.
 */
import { read, writeSync } from "node:fs";
import { Session } from "node:inspector";
import { type MessagePort, workerData } from "node:worker_threads";
import { type Limit, type SharedNumbers, TurnView } from "./shared-watch.ts";
import { stackOf } from "./stack-of.ts";

/** Behind the standard streams and the two channels of every worker. */
const CONTROL_DESCRIPTOR = 5;

export interface WatchData {
  readonly numbers: SharedNumbers;
  readonly port: MessagePort;
}

/** Where a turn stood that was cut off. */
export interface CutTurn {
  readonly turn: number;
  /** Null for a turn that the host has ended. */
  readonly limit: Limit | null;
  /** Null where it was in a built-in of V8's, which no debugger can stop. */
  readonly stack: string | null;
}

/** What the host reads on the control channel, one JSON text a line. */
export type ControlMessage = { readonly type: "stuck"; readonly limit: Limit };

const LOOK_EVERY_MS = 10;
/** How long a guest may take to come to a place where a debugger can stop it. */
const PLACE_MS = 1_000;
/** How long a turn may go on after it was asked to end: a built-in of V8's does not stop for that. */
const STUCK_MS = 2_000;

export function startWatchThread(): void {
  const { numbers, port } = workerData as WatchData;
  const view = new TurnView(numbers);
  let cutting = false;
  const cut = (turn: number, limit: Limit | null): void => {
    if (cutting) return;
    cutting = true;
    void cutTurn(view, port, turn, limit).finally(() => {
      cutting = false;
    });
  };
  setInterval(() => {
    const { turn, passed } = view;
    if (passed !== null) cut(turn, passed);
  }, LOOK_EVERY_MS);
  listen(() => cut(view.turn, null));
}

/** Any byte of the host's asks for the end of the turn; the end of the stream is the end of the host. */
function listen(onStop: () => void): void {
  read(CONTROL_DESCRIPTOR, Buffer.alloc(64), 0, 64, null, (error, length) => {
    if (error !== null || length === 0) process.kill(process.pid, "SIGKILL");
    onStop();
    listen(onStop);
  });
}

async function cutTurn(view: TurnView, port: MessagePort, turn: number, limit: Limit | null): Promise<void> {
  const session = new Session();
  session.connectToMainThread();
  view.beginCut(turn);
  const isHeld = view.isStill;
  const stack = limit === "wall" || limit === "cpu" ? await placeOf(session) : null;
  if (view.turn === turn && turn !== 0) {
    port.postMessage({ turn, limit, stack } satisfies CutTurn);
    process.kill(process.pid, "SIGINT");
  }
  if (stack !== null || isHeld) session.post("Debugger.resume");
  // The signal has arrived, or the resumption: only then may the next turn begin.
  await pause(LOOK_EVERY_MS);
  view.endCut();
  await endIfStuck(view, turn, limit ?? "wall");
  session.disconnect();
}

/**
 * V8's text of where the main thread stands, which is then held there; null where it cannot be held in time. A pause that comes later all the same
 * is over at once.
 */
function placeOf(session: Session): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const scripts = new Map<string, string>();
  let isLate = false;
  session.on("Debugger.scriptParsed", ({ params }) => void scripts.set(params.scriptId, params.url));
  session.on("Debugger.paused", ({ params }) => {
    if (isLate) session.post("Debugger.resume");
    else resolve(stackOf(params.callFrames, scripts));
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
  const late = setTimeout(() => resolve(null), PLACE_MS);
  return promise.finally(() => {
    isLate = true;
    clearTimeout(late);
  });
}

async function endIfStuck(view: TurnView, turn: number, limit: Limit): Promise<void> {
  for (let waited = 0; waited < STUCK_MS; waited += view.isStill ? 0 : LOOK_EVERY_MS) {
    if (view.turn !== turn || turn === 0) return;
    await pause(LOOK_EVERY_MS);
  }
  writeSync(CONTROL_DESCRIPTOR, `${JSON.stringify({ type: "stuck", limit } satisfies ControlMessage)}\n`);
  process.kill(process.pid, "SIGKILL");
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

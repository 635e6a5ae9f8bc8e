/**
 * One compile process, seen from the host: started, asked one thing at a time, and killed together with esbuild's own child, for they
 * share a process group. It never keeps the host alive unless a compile waits for it.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { settledWithin } from "../../base/time.ts";
import { type Channel, DIRECTLY, type Started, type Starter } from "../../sandbox/index.ts";
import { type CompilePlace, launchCompiler } from "./launch.ts";
import type { CompileRequest, CompileResult } from "./messages.ts";
import { encodeRequest } from "./request.ts";
import { AnswerReader } from "./read-answer.ts";
import { type FileServer, serveFiles } from "./file-server.ts";

export type CompileAnswer =
  | { readonly type: "result"; readonly result: CompileResult }
  | { readonly type: "timed_out" }
  | { readonly type: "out_of_memory" }
  | { readonly type: "crashed" }
  /** Too many compiles of its tenant were waiting. */
  | { readonly type: "refused" }
  /** It never came up: the machine's fault, not the action's. */
  | { readonly type: "unavailable" };

export interface CompileProcess {
  readonly place: CompilePlace;
  readonly alive: boolean;
  /** Memory of the process and of esbuild; 0 where the system does not show it. */
  residentBytes(): Promise<number>;
  /** `milliseconds` count from when the compiler of the language is up. One call at a time. */
  ask(request: CompileRequest, milliseconds: number): Promise<CompileAnswer>;
  /** Resolves when the process is gone. */
  kill(): Promise<void>;
}

const START_MS = 20_000;
/** How long the channels of a process that has gone may take to close. */
const CLOSING_MS = 1_000;
const WATCH_MS = 40;

/** `compiler` is the module that it loads before it counts as started. */
// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over one child process
export function startCompileProcess(
  compiler: string,
  place: CompilePlace,
  rssBytes: number,
  starter: Starter = DIRECTLY,
): CompileProcess {
  const { child, cgroup, channel, fileChannel, end } = launchCompiler(compiler, place, rssBytes, starter);
  const loaded = new Set<string>();
  let ready = false;
  let gone = false;
  let waiting: ((answer: CompileAnswer) => void) | null = null;
  /** Of the language that is asked for. */
  let asked = compiler;
  let onLoaded: (which: string) => void = () => undefined;

  const exited = exitOf(child, () => {
    gone = true;
    if (!ready) waiting?.({ type: "unavailable" });
    else waiting?.({ type: cgroup?.killed === true ? "out_of_memory" : "crashed" });
    // esbuild's child may have outlived its parent.
    end();
    fileChannel?.destroy();
  });
  /** No answer is believed any more; its end is on the way. */
  let lost = false;
  let onWhole: () => void = () => undefined;
  const giveUp = (): void => {
    lost = true;
    end();
  };
  const reader = new AnswerReader({
    onReady() {
      // Once for the process itself, then for each further language.
      const which = ready ? asked : compiler;
      ready = true;
      // What was started before the group was joined is in it now.
      if (cgroup !== null) void descendants(child.pid!).then((pids) => pids.forEach((pid) => cgroup.join(pid)));
      loaded.add(which);
      onLoaded(which);
    },
    onWhole: () => onWhole(),
    onResult: (result) => waiting?.({ type: "result", result }),
    onBroken: giveUp,
  });
  channel?.on("data", (chunk: Buffer) => reader.read(chunk));
  channel?.on("error", giveUp);
  channel?.once("end", giveUp);
  const handed: FileServer | null = fileChannel === null ? null : serveFiles(fileChannel, giveUp);
  setKeepsHostAlive(child, [channel, fileChannel], false);

  /** The time of a request begins once its language is loaded; loading has a time of its own. */
  async function answerTo(request: CompileRequest, milliseconds: number): Promise<CompileAnswer> {
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<CompileAnswer>((resolve) => {
      waiting = resolve;
      if (gone) resolve({ type: ready ? "crashed" : "unavailable" });
      asked = request.compiler;
      onLoaded = (which) => {
        if (which !== request.compiler) return;
        clearTimeout(timer);
        timer = setTimeout(() => resolve({ type: "timed_out" }), milliseconds);
      };
      if (loaded.has(request.compiler)) onLoaded(request.compiler);
      else timer = setTimeout(() => resolve({ type: "unavailable" }), START_MS);
      onWhole = () => clearTimeout(timer);
      reader.expect(request, request.compiler !== compiler && !loaded.has(request.compiler));
      channel?.write(encodeRequest({ ...request, isHanded: handed !== null }));
    });
    waiting = null;
    clearTimeout(timer);
    return answer;
  }

  return {
    place,
    get alive() {
      return !gone && !lost;
    },
    residentBytes: () => (child.pid === undefined ? Promise.resolve(0) : residentBytes(child.pid)),
    async ask(request, milliseconds) {
      setKeepsHostAlive(child, [channel, fileChannel], true);
      handed?.hand(request);
      const stopWatching = watchMemory(child, rssBytes, () => waiting?.({ type: "out_of_memory" }));
      const answer = await answerTo(request, milliseconds);
      handed?.hand(null);
      stopWatching();
      if (answer.type === "result") {
        setKeepsHostAlive(child, [channel, fileChannel], false);
      } else {
        end();
        await exited;
      }
      return answer;
    },
    async kill() {
      setKeepsHostAlive(child, [channel, fileChannel], true);
      end();
      await exited;
    },
  };
}

/** Calls `onEnd` at the end of the process, and resolves once its channels are closed, too. */
function exitOf(child: Started, onEnd: () => void): Promise<void> {
  return new Promise((resolve) => {
    const closed = new Promise<void>((close) => child.once("close", () => close()));
    child.once("exit", () => {
      onEnd();
      // What it left behind may hold the other ends of its channels for a moment.
      void settledWithin(closed, CLOSING_MS).then(() => resolve());
    });
    child.once("error", () => {
      onEnd();
      resolve();
    });
  });
}

function setKeepsHostAlive(child: Started, channels: readonly (Channel | null)[], keeps: boolean): void {
  for (const each of [child, ...channels]) {
    if (keeps) each?.ref();
    else each?.unref();
  }
}

/** Polls what the process and its children hold, where the system shows it. Between two polls it can grow past the cap unseen. */
function watchMemory(child: Started, rssBytes: number, tooMuch: () => void): () => void {
  if (process.platform !== "linux") return () => undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    // One that the launcher is still starting has no id yet.
    const bytes = child.pid === undefined ? 0 : await residentBytes(child.pid);
    if (stopped) return;
    if (bytes > rssBytes) tooMuch();
    else timer = setTimeout(() => void look(), WATCH_MS);
  };
  timer = setTimeout(() => void look(), WATCH_MS);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Resident memory of a process and all that descend from it; 0 where it cannot be read. */
async function residentBytes(pid: number): Promise<number> {
  try {
    const sizes = await Promise.all(
      (await descendants(pid)).map(async (each) => readFile(`/proc/${each}/statm`, "utf8")),
    );
    return sizes.reduce((sum, statm) => sum + Number(statm.split(" ")[1]) * 4096, 0);
  } catch {
    return 0;
  }
}

/** The process itself and its children's children: behind some walls the compiler is a child of what was started. */
async function descendants(pid: number): Promise<number[]> {
  try {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    const below = await Promise.all(children.split(" ").filter(Boolean).map(Number).map(descendants));
    return [pid, ...below.flat()];
  } catch {
    return [pid];
  }
}

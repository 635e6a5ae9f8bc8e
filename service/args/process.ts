/**
 * The process that reads types, as the host sees it: what it says is read by a schema and held to a length, and one that says anything unasked is killed.
 * A tenant's types are as hostile as its code.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createRequire } from "node:module";
import { existsSync, realpathSync } from "node:fs";
import type { Socket } from "node:net";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { LineReader } from "./lines.ts";
import { type ArgsAnswer, type ArgsQuestion, argsLine, LINE_BYTES, SCHEMA_CHARS } from "./messages.ts";

export interface ArgsProcess {
  ask(question: ArgsQuestion, onUnsent: () => void): void;
  kill(): void;
}

export interface ArgsEvents {
  onReady(): void;
  isAsked(id: number): boolean;
  onAnswer(answer: ArgsAnswer): void;
  /** Once, however it ends. */
  onExit(): void;
}

const START_MS = 60_000;
const MEMORY_MIB = 256;

export function startArgsProcess(root: string, events: ArgsEvents): ArgsProcess {
  const started = start(root);
  const kill = (): void => void started.kill("SIGKILL");
  const late = setTimeout(kill, START_MS).unref();
  const lines: LineReader = new LineReader(
    LINE_BYTES,
    (line) => {
      const said = readLine(line);
      if (said !== null && "ready" in said) {
        clearTimeout(late);
        events.onReady();
      } else if (said !== null && events.isAsked(said.id)) events.onAnswer({ ...said, args: sized(said.args) });
      else {
        lines.stop();
        kill();
      }
    },
    kill,
  );
  started.stdout.on("data", (chunk: Buffer) => lines.read(chunk));
  // Its exit is what is heard.
  for (const one of [started.stdin, started.stdout]) one.on("error", () => {});
  const exited = (): void => {
    clearTimeout(late);
    events.onExit();
  };
  // One that cannot be started has no exit.
  started.once("error", exited);
  started.once("exit", exited);
  return {
    ask: (question, onUnsent) =>
      void started.stdin.write(`${JSON.stringify(question)}\n`, (error) => {
        if (error) onUnsent();
      }),
    kill,
  };
}

function start(root: string): ChildProcessByStdio<Writable, Readable, null> {
  const script = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./child.ts" : "./child.js", import.meta.url));
  const home = dirname(createRequire(import.meta.url).resolve("baton-runtime/package.json"));
  const flags = [
    "--permission",
    `--allow-fs-read=${home}`,
    // Where the package is installed, what it depends on lies beside it.
    ...installedIn(home).map((folder) => `--allow-fs-read=${folder}`),
    `--allow-fs-read=${root}`,
    `--max-old-space-size=${MEMORY_MIB}`,
    "--no-warnings",
  ];
  const started = spawn(process.execPath, [...flags, script], { env: {}, stdio: ["pipe", "pipe", "ignore"] });
  started.unref();
  for (const channel of [started.stdin, started.stdout]) (channel as Writable & Readable & Socket).unref();
  return started;
}

/** A folder of modules may be a link; what is read is where it leads. */
function installedIn(home: string): string[] {
  const at = home.indexOf("/node_modules/");
  const folder = join(at === -1 ? home : home.slice(0, at), "node_modules");
  return existsSync(folder) ? [...new Set([folder, realpathSync(folder)])] : [];
}

function sized(args: ArgsAnswer["args"]): ArgsAnswer["args"] {
  return args === null || JSON.stringify(args).length > SCHEMA_CHARS ? null : args;
}

function readLine(line: string): ReturnType<typeof argsLine.parse> | null {
  try {
    return argsLine.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

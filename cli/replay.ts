/** `baton replay`: plays a recording again, or a folder of them, by itself or against changed code. Nothing is sent, dialled or recorded. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { listRecordings, readRecordingFile } from "../author/replay/files.ts";
import { actionFile } from "../author/action-file.ts";
import { shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import { visibleJson, visibleLine } from "../author/text.ts";
import type { Replayed } from "../runtime/index.ts";
import type { Command, Io } from "./command.ts";
import { defineCommand } from "./define-command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { fault } from "./fault.ts";
import type { Arguments } from "./flags.ts";
import { INSPECT_FLAGS, asInputError, readInspect } from "./inspect.ts";
import { renderReplay, renderTable } from "./replay/render.ts";
import type { ReplayRow } from "./replay/render.ts";
import { terminalOf } from "./terminal.ts";

const USAGE = {
  synopsis: "replay PATH [flags]",
  description:
    "Plays a recorded run again exactly, or every one below a folder: the same turns, the same answers, and nothing sent, dialled or recorded. With --with it plays what was recorded against code as it is now and says what would have been otherwise. Status 0 where nothing is, 1 with the first call or the values that differ.",
  flags: [
    { name: "with", value: "ACTION", description: "replay against this action instead of the one that was recorded" },
    ...INSPECT_FLAGS,
    { name: "json", description: "print what came of it as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    "baton replay refund.recording.json",
    "baton replay refund.recording.json --with actions/refund.ts",
    "baton replay recordings/ --with actions/refund.ts",
    "baton replay refund.recording.json --json | jq .divergence",
  ],
} as const;

export const replayCommand: Command = defineCommand(USAGE, replay, (error, io, json) =>
  fault(asInputError(error), io, json),
);

async function replay(given: Arguments, io: Io, json: boolean): Promise<ExitStatus> {
  const path = readPath(given);
  const action = readAction(given);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const inspect = readInspect(given, io, { wait: true });
  if (isFolder && inspect !== null) throw new InputError("BAD_FLAG", "A debugger looks at one recording: name a file.");
  const files = isFolder ? await listRecordings(path) : [path];
  const [{ Replayer }, { createDebugger }] = await Promise.all([
    import("../author/replay/replayer.ts"),
    inspect === null ? { createDebugger: null } : import("../debug/index.ts"),
  ]);
  await using debug = inspect === null ? null : createDebugger!({ inspect });
  await using replayer = new Replayer({
    action,
    ...(debug && { create: (options) => debug.createRuntime(options) }),
  });
  if (!isFolder) {
    const replayed = await replayer.replay(path, await readRecordingFile(path));
    show(json ? { file: shown(path), ...viewOf(replayed) } : renderReplay(path, replayed, terminalOf(io.stdout)), io);
    return replayed.equal ? EXIT.ok : EXIT.failed;
  }
  const rows: ReplayRow[] = [];
  for (const file of files) {
    if (io.interrupted.aborted) break;
    rows.push(await rowOf(file, replayer));
  }
  show(json ? tableOf(rows) : renderTable(rows, terminalOf(io.stdout)), io);
  if (rows.some(({ problem }) => problem !== null)) return EXIT.invalid;
  return rows.every(({ replayed }) => replayed?.equal === true) ? EXIT.ok : EXIT.failed;
}

/** One that cannot be read is listed with the rest, and does not keep them from being replayed. */
async function rowOf(
  file: string,
  replayer: { replay(path: string, recording: Replayed["recording"]): Promise<Replayed> },
): Promise<ReplayRow> {
  try {
    return { file, replayed: await replayer.replay(file, await readRecordingFile(file)), problem: null };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { file, replayed: null, problem: error };
  }
}

function viewOf({ mode, equal, divergence, differences, unanswered, outcome, recording }: Replayed): object {
  return { mode, equal, divergence, differences, unanswered, recorded: recording.outcome, replayed: outcome };
}

function tableOf(rows: readonly ReplayRow[]): object {
  return {
    recordings: rows.map(({ file, replayed, problem }) => ({
      file: shown(file),
      ...(replayed === null ? { error: { code: problem?.code, message: problem?.message } } : viewOf(replayed)),
    })),
    equal: rows.filter(({ replayed }) => replayed?.equal === true).length,
    changed: rows.filter(({ replayed }) => replayed?.equal === false).length,
    unreadable: rows.filter(({ problem }) => problem !== null).length,
  };
}

function show(report: object | string, io: Io): void {
  io.stdout.write(typeof report === "string" ? `${report}\n` : `${visibleJson(JSON.stringify(report))}\n`);
}

function readPath({ positionals: [path, ...more] }: Arguments): string {
  if (path === undefined || path === "")
    throw new InputError("BAD_FLAG", "Name a recording, or a folder of them: baton replay PATH.");
  if (more[0] !== undefined)
    throw new InputError(
      "BAD_FLAG",
      `baton replay takes one path: ${visibleLine(more[0].slice(0, 80))} is one too many.`,
    );
  return resolve(path);
}

function readAction({ values }: Arguments): string | null {
  const given = values.get("with");
  return given === undefined ? null : actionFile(given);
}

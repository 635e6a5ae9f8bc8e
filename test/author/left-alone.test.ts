/** A session of `baton dev` whose starter is gone: it ends with all its processes, unless it was left to run on its own. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { MAIN, tempFolder } from "../cli/baton.ts";
import { childPids, isAlive, pause, until } from "../processes.ts";

const there = process.platform === "linux" ? test : test.skip;
const action = (value: string): string => `export const execute_action = () => ({ value: "${value}" });\n`;

/** A program that starts a session, prints its number and then waits to be killed. */
const STARTER = `
  import { spawn } from "node:child_process";
  import { openSync } from "node:fs";
  const [main, folder, stdin, log] = process.argv.slice(2);
  const stdout = log === "" ? "pipe" : openSync(log, "a");
  const session = spawn(process.execPath, [main, "dev", folder, "--json"], { stdio: [stdin, stdout, "ignore"] });
  session.stdout?.on("data", (chunk) => process.stdout.write(chunk));
  process.stderr.write(String(session.pid) + "\\n");
`;

interface Started {
  readonly starter: ChildProcess;
  readonly session: number;
  said(): string;
}

async function start(folder: string, stdin: "ignore" | "pipe", log = ""): Promise<Started> {
  const script = join(folder, "starter.mjs");
  writeFileSync(script, STARTER);
  const said = { out: "", err: "" };
  const starter = spawn(process.execPath, [script, MAIN, folder, stdin, log], { stdio: ["ignore", "pipe", "pipe"] });
  starter.stdout.on("data", (chunk: Buffer) => (said.out += chunk.toString()));
  starter.stderr.on("data", (chunk: Buffer) => (said.err += chunk.toString()));
  const all = (): string => (log === "" ? said.out : readFileSync(log, "utf8"));
  await until(() => said.err.includes("\n") && all().includes('"value":"first"'));
  return { starter, session: Number(said.err), said: all };
}

describe("a session of baton dev", () => {
  there.each(["ignore", "pipe"] as const)(
    "that is heard through a pipe ends with whoever started it, its input being %s",
    async (stdin) => {
      using folder = tempFolder({ "a.ts": action("first") });
      const { starter, session } = await start(folder.path, stdin);
      const all = [session, ...childPids(session)];
      expect(all.length).toBeGreaterThan(2);
      starter.kill("SIGKILL");
      await until(() => !all.some(isAlive));
    },
  );

  there("that writes into a file and has no input goes on alone, as with nohup, until it is told to end", async () => {
    using folder = tempFolder({ "a.ts": action("first") });
    using elsewhere = tempFolder();
    const { starter, session, said } = await start(folder.path, "ignore", join(elsewhere.path, "log"));
    const all = [session, ...childPids(session)];
    try {
      starter.kill("SIGKILL");
      await until(() => parentOf(session) !== starter.pid);
      // Longer than it takes to notice.
      await pause(1_200);
      writeFileSync(join(folder.path, "a.ts"), action("second"));
      await until(() => said().includes('"value":"second"'));
    } finally {
      process.kill(session, "SIGTERM");
    }
    await until(() => !all.some(isAlive));
  });

  there(
    "that was started with a closed input goes on while its starter is there, and hears that its terminal hangs up",
    async () => {
      using folder = tempFolder({ "a.ts": action("first") });
      using elsewhere = tempFolder();
      const log = join(elsewhere.path, "log");
      const output = openSync(log, "a");
      const args = [MAIN, "dev", folder.path, "--json"];
      const session = spawn(process.execPath, args, { stdio: ["pipe", output, "ignore"] });
      closeSync(output);
      session.stdin!.end();
      const status = new Promise<number | null>((resolve) => {
        session.once("exit", resolve);
      });
      const said = (): string => readFileSync(log, "utf8");
      await until(() => said().includes('"value":"first"'));
      writeFileSync(join(folder.path, "a.ts"), action("second"));
      await until(() => said().includes('"value":"second"'));
      const all = childPids(session.pid);
      session.kill("SIGHUP");
      expect(await status).toBe(0);
      await until(() => !all.some(isAlive));
    },
  );
});

describe("a session whose folder is taken away", () => {
  there("waits for it to come back, even where nothing else keeps the process", async () => {
    using parent = tempFolder();
    using elsewhere = tempFolder();
    const folder = join(parent.path, "actions");
    mkdirSync(folder);
    writeFileSync(join(folder, "a.ts"), action("first"));
    const log = join(elsewhere.path, "log");
    const output = openSync(log, "a");
    const session = spawn(process.execPath, [MAIN, "dev", folder, "--json"], { stdio: ["ignore", output, output] });
    closeSync(output);
    const status = new Promise<number | null>((resolve) => {
      session.once("exit", resolve);
    });
    const said = (): string => readFileSync(log, "utf8");
    await until(() => said().includes('"value":"first"'));
    rmSync(folder, { recursive: true });
    await pause(500);
    expect(session.exitCode).toBeNull();
    mkdirSync(folder);
    writeFileSync(join(folder, "a.ts"), action("second"));
    await until(() => said().includes('"value":"second"'));
    session.kill("SIGTERM");
    expect(await status).toBe(0);
  });
});

describe("output that cannot be written", () => {
  there("is one sentence and exit status 1, for every command that has something to say", () => {
    for (const args of [["--help"], ["--version"], ["completion", "bash"], ["run", "--help"]]) {
      const full = openSync("/dev/full", "w");
      const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
      });
      closeSync(full);
      expect({ args, status, stderr }).toEqual({
        args,
        status: 1,
        stderr: "baton: The output cannot be written: the system says ENOSPC.\n",
      });
    }
  });
});

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

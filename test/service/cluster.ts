/**
 * Three nodes on one PostgreSQL behind HAProxy, each a process of its own, and where there is a network for them each in its own namespace: what a
 * platform runs, small.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres, type PostgresServer } from "../delivery/postgres-server.ts";
import { ADMIN, caller, SECRETS_KEY, until, type Call } from "./harness.ts";
import { MAIN, serveProcess, type ServeProcess } from "./process.ts";
import type { Network } from "./namespaces.ts";
import { startSilentProxy } from "./silent-proxy.ts";

const CONFIG = fileURLToPath(new URL("../../deploy/haproxy.cfg", import.meta.url));

export interface Cluster {
  readonly url: string;
  readonly call: Call;
  readonly nodes: ServeProcess[];
  readonly database: PostgresServer;
  /** Cuts the last node off: from everything where it has a namespace of its own, else from the database. */
  cut(isCut: boolean): void;
  close(): Promise<void>;
}

export const hasHaproxy = (): boolean => spawnSync("haproxy", ["-v"]).status === 0;

export const NODES = 3;
/** The nodes, and the balancer. */
export const HOSTS = NODES + 1;

export async function startCluster(
  env: Readonly<Record<string, string>> = {},
  network: Network | null = null,
): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "baton-cluster-"));
  const database = await startPostgres();
  const direct = database.url();
  // The server listens on this machine's own address; what comes from other hosts comes this way.
  const at = network?.gateway ?? "127.0.0.1";
  const cable = await startSilentProxy({ port: Number(new URL(direct).port), at });
  const through = Object.assign(new URL(direct), { hostname: at, port: String(cable.port) }).href;
  const shared = { BATON_ADMIN_KEY: ADMIN, BATON_SECRETS_KEY: SECRETS_KEY, ...env };
  const last = NODES - 1;
  const started = Array.from({ length: NODES }, (_, n) => {
    const { address = "127.0.0.1", enter = [] } = network?.hosts[n] ?? {};
    const args = ["--node", `node-${n}`, "--log-level", "silent", "--host", address];
    const store = network === null && n !== last ? direct : through;
    return serveProcess(folder, args, { ...shared, BATON_STORE: store }, MAIN, enter);
  });
  const nodes: ServeProcess[] = await Promise.all(started);
  const { address = "127.0.0.1", enter = [] } = network?.hosts[NODES] ?? {};
  const port = network === null ? await freePort() : 8080;
  const balancer = startHaproxy(
    folder,
    `${address}:${port}`,
    nodes.map(({ url }) => new URL(url).host),
    enter,
  );
  const url = `http://${address}:${port}`;
  const call = caller(() => url);
  await until(async () => (await call("GET", "/livez").catch(() => null))?.status === 200);
  return {
    url,
    call,
    nodes,
    database,
    cut(isCut) {
      if (network === null) cable.silent = isCut;
      else network.hosts[last]!.cut(isCut);
    },
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
function startHaproxy(folder: string, bind: string, hosts: readonly string[], enter: readonly string[]): ChildProcess {
  const servers = hosts.map((host, at) => `  server node${at} ${host}`).join("\n");
  const text = readFileSync(CONFIG, "utf8")
    .replace(/resolvers docker\n(?: {2}.*\n)+/, "")
    .replaceAll(/ {2}server-template .*/g, servers)
    .replace("bind :8080", `bind ${bind}`);
  const path = join(folder, "haproxy.cfg");
  writeFileSync(path, text);
  const [program, ...args] = [...enter, "haproxy", "-db", "-f", path];
  return spawn(program, args, { stdio: "ignore" });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

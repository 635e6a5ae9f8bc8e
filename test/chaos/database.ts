/** The databases that the chaos happens to: made afresh, broken on purpose for a control, and cut off from power. */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { openStore } from "../../delivery/open-store.ts";
import type { Chance } from "../simulation/chance.ts";
import { startPostgres } from "../delivery/postgres-server.ts";
import { findPgBouncer, startPooler } from "../storage/pooler.ts";
import { buildFailingSync, mountSmall, unmount, type Fault } from "./faults.ts";
import { flipLog, tear } from "./torn.ts";

export interface Database {
  readonly address: string;
  /** Before a round of hosts. */
  begin(): void;
  /** The power goes, while the hosts run or after them. `level` is the weakest sync that a host said it had. Gives the kills that it took. */
  cutPower(level: number): Promise<number>;
  /** Whether a power cut makes sense while hosts run. */
  readonly cutsUnderLoad: boolean;
  /** The server's process; null where there is none. */
  pid(): number | null;
  /** A folder that lives as long as the database. */
  readonly scratch: string;
  /** The small file system that it lies on, where it does. */
  readonly small: string | null;
  /** What makes syncs fail while the file `flag` is there, in whatever is started with it; the server is. */
  readonly sync: ReturnType<typeof buildFailingSync> | null;
  /** The same database behind a pooler. */
  readonly pooled: string | null;
  /** The power goes while a page is written; true: there was something to tear. No process may have it open. */
  tear(chance: Chance): boolean;
  end(): Promise<void>;
}

export const CHAOS_CONTROLS = {
  "no-unique-key": "the ledger's unique index is dropped",
  "ack-before-commit": "the action is answered before the claim is sent to the store",
  "relaxed-sync": "commits are answered before they are on the disk, and the power goes",
  "flipped-log": "a bit of what was synced flips on the disk",
  "retry-unknown-dial": "a dial whose answer was lost is made again by the next host",
} as const;
export type ChaosControl = keyof typeof CHAOS_CONTROLS;

export interface DatabaseOptions {
  readonly control: ChaosControl | null;
  readonly faults: readonly Fault[];
}

export async function openDatabase(kind: "sqlite" | "postgres", options: DatabaseOptions): Promise<Database> {
  const scratch = mkdtempSync(join(tmpdir(), "baton-chaos-"));
  chmodSync(scratch, 0o755);
  return kind === "sqlite" ? sqlite(scratch, options) : postgres(scratch, options);
}

const DROP_UNIQUE = "drop index baton_one_handoff";

async function sqlite(scratch: string, { control, faults }: DatabaseOptions): Promise<Database> {
  const small = faults.includes("full") ? mountSmall(scratch) : null;
  const folder = small ?? scratch;
  const saved = join(scratch, "saved");
  mkdirSync(saved);
  const path = join(folder, "handoffs.db");
  const files = ["", "-wal", "-shm"];
  await (await openStore(`sqlite:${path}`)).close();
  if (control === "no-unique-key") {
    const db = new DatabaseSync(path);
    db.exec(DROP_UNIQUE);
    db.close();
  }
  return {
    address: `sqlite:${path}`,
    cutsUnderLoad: false,
    pid: () => null,
    scratch,
    small,
    sync: faults.includes("sync") ? buildFailingSync(scratch) : null,
    pooled: null,
    tear: (chance) => (control === "flipped-log" ? flipLog(path, chance) : tear(path, chance)),
    begin() {
      for (const file of files) {
        rmSync(join(saved, `db${file}`), { force: true });
        if (existsSync(path + file)) cpSync(path + file, join(saved, `db${file}`));
      }
    },
    async cutPower(level) {
      // At FULL (2) each commit waited for the disk, so a power cut takes nothing. Below it the log was never synced since the round
      // began, and a disk may have written none of it: what is left is what was there then.
      if (level >= 2) return 0;
      for (const file of files) {
        rmSync(path + file, { force: true });
        if (existsSync(join(saved, `db${file}`))) cpSync(join(saved, `db${file}`), path + file);
      }
      return 0;
    },
    async end() {
      if (small !== null) unmount(small);
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

async function postgres(scratch: string, { control, faults }: DatabaseOptions): Promise<Database> {
  // The log writer would otherwise write within a fifth of a second what a relaxed commit left to it.
  const relaxed = { synchronous_commit: "off", wal_writer_delay: "10s", wal_writer_flush_after: "2GB" };
  const sync = faults.includes("sync") ? buildFailingSync(scratch) : null;
  const { flag: _flag, ...preload } = sync ?? { flag: "" };
  const server = await startPostgres(control === "relaxed-sync" ? relaxed : {}, preload);
  const binary = faults.includes("pooler") ? findPgBouncer() : null;
  const pooler = binary === null ? null : await startPooler(binary, new URL(server.url()));
  await (await openStore(server.url())).close();
  if (control === "no-unique-key") {
    const client = new Client({ connectionString: server.url() });
    await client.connect();
    await client.query(DROP_UNIQUE);
    await client.end();
  }
  // One after another: it is cut from several sides.
  let turn: Promise<void> = Promise.resolve();
  return {
    address: server.url(),
    cutsUnderLoad: true,
    pid: () => server.pid() ?? null,
    scratch,
    small: null,
    sync,
    pooled: pooler?.url ?? null,
    tear: () => false,
    begin() {},
    async cutPower() {
      turn = turn.then(async () => {
        await server.kill();
        await server.start();
      });
      await turn;
      return 1;
    },
    async end() {
      await pooler?.stop();
      await server.stop();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

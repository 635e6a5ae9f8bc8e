/** The databases that the chaos happens to: made afresh, broken on purpose for a control, and cut off from power. */
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { openStore } from "../../delivery/open-store.ts";
import { startPostgres } from "../delivery/postgres-server.ts";

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
  end(): Promise<void>;
}

export const CHAOS_CONTROLS = {
  "no-unique-key": "the ledger's unique index is dropped",
  "ack-before-commit": "the action is answered before the claim is sent to the store",
  "relaxed-sync": "commits are answered before they are on the disk, and the power goes",
  "retry-unknown-dial": "a dial whose answer was lost is made again by the next host",
} as const;
export type ChaosControl = keyof typeof CHAOS_CONTROLS;

export async function openDatabase(kind: "sqlite" | "postgres", control: ChaosControl | null): Promise<Database> {
  return kind === "sqlite" ? sqlite(control) : postgres(control);
}

const DROP_UNIQUE = "drop index baton_one_handoff";

async function sqlite(control: ChaosControl | null): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), "baton-chaos-"));
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
    begin() {
      for (const file of files) {
        rmSync(path + file + ".synced", { force: true });
        if (existsSync(path + file)) cpSync(path + file, path + file + ".synced");
      }
    },
    async cutPower(level) {
      // At FULL (2) each commit waited for the disk, so a power cut takes nothing. Below it the log was never synced since the round
      // began, and a disk may have written none of it: what is left is what was there then.
      if (level >= 2) return 0;
      for (const file of files) {
        rmSync(path + file, { force: true });
        if (existsSync(path + file + ".synced")) cpSync(path + file + ".synced", path + file);
      }
      return 0;
    },
    end: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function postgres(control: ChaosControl | null): Promise<Database> {
  // The log writer would otherwise write within a fifth of a second what a relaxed commit left to it.
  const relaxed = { synchronous_commit: "off", wal_writer_delay: "10s", wal_writer_flush_after: "2GB" };
  const server = await startPostgres(control === "relaxed-sync" ? relaxed : {});
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
    begin() {},
    async cutPower() {
      turn = turn.then(async () => {
        await server.kill();
        await server.start();
      });
      await turn;
      return 1;
    },
    end: () => server.stop(),
  };
}

/** The faults of the world around the processes, beside kills: what each does to a round, and whether this machine can do it. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "../simulation/chance.ts";
import { findPgBouncer } from "../storage/pooler.ts";

export const FAULTS = {
  freeze: "a process is stopped at a marked step for longer than its leases, and goes on",
  clock: "the machine's clock jumps an hour ahead and an hour back while processes run",
  pooler: "PgBouncer in transaction mode stands between the processes and the database",
  previous: "a process of the release before works beside the new one",
  full: "the disk has no room for a while",
  limit: "the files of a process may not grow",
  sync: "syncs of the disk fail for a while",
  torn: "a power cut leaves pages half-written: in the database where the log still has them, and at the end of the log",
} as const;
export type Fault = keyof typeof FAULTS;
export type StoreKind = "sqlite" | "postgres";

const STORES: Readonly<Record<Fault, readonly StoreKind[]>> = {
  freeze: ["sqlite", "postgres"],
  clock: ["sqlite", "postgres"],
  pooler: ["postgres"],
  previous: ["sqlite", "postgres"],
  full: ["sqlite"],
  limit: ["sqlite"],
  sync: ["sqlite", "postgres"],
  torn: ["sqlite"],
};

const FAKETIME = ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`);
const faketime = (): string | undefined => FAKETIME.find((path) => existsSync(path));
const runs = (command: string): boolean => spawnSync(command, ["--version"]).status === 0;

/** Why a fault cannot be made here; null: it can. */
function missing(fault: Fault): string | null {
  switch (fault) {
    case "clock":
      return faketime() === undefined ? "libfaketime is not here" : null;
    case "pooler":
      return findPgBouncer() === null ? "PgBouncer is not here" : null;
    case "limit":
      return runs("prlimit") ? null : "prlimit is not here";
    case "sync":
      return runs("cc") ? null : "there is no C compiler";
    case "full":
      return process.getuid?.() === 0 && runs("mount") ? null : "no small file system can be mounted";
    case "freeze":
    case "previous":
    case "torn":
      return null;
  }
}

export interface FaultsThere {
  readonly faults: readonly Fault[];
  /** What was asked for and cannot be made here, with the reason. */
  readonly leftOut: readonly string[];
}

export function faultsThere(store: StoreKind, wanted: readonly Fault[]): FaultsThere {
  const possible = wanted.filter((fault) => STORES[fault].includes(store));
  return {
    faults: possible.filter((fault) => missing(fault) === null),
    leftOut: possible.flatMap((fault) => (missing(fault) === null ? [] : [`${fault}: ${missing(fault)}`])),
  };
}

/** How a process is started under a fault. */
export interface Launch {
  readonly prefix: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export const PLAIN: Launch = { prefix: [], env: {} };

/** A preload that makes syncs fail while `flag` is there. */
export function buildFailingSync(folder: string): Launch["env"] & { readonly flag: string } {
  const library = join(folder, "failing-sync.so");
  const source = new URL("failing-sync.c", import.meta.url).pathname;
  const built = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(`The failing sync does not compile: ${built.stderr}`);
  chmodSync(library, 0o755);
  const flag = join(folder, "sync-fails");
  return { LD_PRELOAD: library, SYNC_FAILS: flag, flag };
}

export interface Clock {
  readonly launch: Launch;
  /** Jumps ahead, back past where it was, and is put right. */
  run(chance: Chance): Promise<void>;
}

export function fakeClock(folder: string, name: string): Clock {
  const file = join(folder, `clock-${name}`);
  // Replaced in one step by those who read it while it is written.
  const set = (offset: string): void => writeFileSync(file, offset);
  set("+0");
  return {
    launch: {
      prefix: [],
      env: {
        LD_PRELOAD: faketime() ?? "",
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        DONT_FAKE_MONOTONIC: "1",
      },
    },
    async run(chance) {
      const [first, second] = chance.of(0.5) ? ["+3600", "-3600"] : ["-3600", "+3600"];
      await sleep(150 + chance.below(250));
      set(first);
      await sleep(200 + chance.below(300));
      set(second);
      await sleep(200 + chance.below(300));
      set("+0");
    },
  };
}

/** A file system of a few megabytes. */
export function mountSmall(folder: string): string {
  const small = join(folder, "small");
  mkdirSync(small);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=48m", "tmpfs", small], { encoding: "utf8" });
  if (mounted.status !== 0) throw new Error(`No file system was mounted: ${mounted.stderr}`);
  return small;
}

export const unmount = (folder: string): void => void spawnSync("umount", [folder]);

/** Takes nearly all of the room that is left for a while. */
export async function fillUp(small: string, chance: Chance): Promise<void> {
  const ballast = join(small, "ballast");
  await sleep(100 + chance.below(200));
  const { bavail, bsize } = statfsSync(small);
  try {
    writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - chance.below(60_000))));
  } catch {
    // Another took the room first: as full as can be.
  }
  await sleep(400 + chance.below(600));
  rmSync(ballast, { force: true });
}

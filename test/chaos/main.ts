/**
 * `npm run chaos -- --kills N --store sqlite|postgres [--faults all|none|NAME,…] [--break CONTROL] [--history FILE] --json`: exits 1 when a
 * promise was broken. All faults that the machine can make are made, unless fewer are named; `--history` keeps what the checker read, a line an entry.
 * SIGTERM to this process alone (`timeout --foreground`) ends the rounds, and what was done until then is settled and reported.
 */
import { writeFileSync } from "node:fs";
import { chaos } from "./chaos.ts";
import { CHAOS_CONTROLS, type ChaosControl } from "./database.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { hireJanitor } from "./janitor.ts";
import { readFlags } from "../../scripts/flags.ts";

const USAGE = `Usage: npm run chaos -- [--kills 500] [--store sqlite|postgres] [--seed N] [--faults all|none|NAME,…] [--break CONTROL] [--history FILE] [--json]

  --kills N       processes that are killed or frozen in all
  --store         where hand-offs are kept; PostgreSQL is started for it
  --seed N        of the faults and of what the processes do
  --faults        those that are made: all that this machine can make, unless some are named
  --break NAME    breaks one promise on purpose, to show that it is found out; --break list names them
  --history FILE  keeps what the checker read, a line for each entry
Exit status 1 where a promise was broken, 2 where it was asked for what there is not. SIGTERM to this process alone has it report what it found so far.`;

const values = readFlags(USAGE, {
  kills: { type: "string", default: "500" },
  store: { type: "string", default: "sqlite" },
  seed: { type: "string" },
  faults: { type: "string", default: "all" },
  history: { type: "string" },
  break: { type: "string" },
  json: { type: "boolean", default: false },
});

const kills = Number(values.kills);
const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const { store } = values;
const faults = values.faults === "all" ? Object.keys(FAULTS) : values.faults === "none" ? [] : values.faults.split(",");
if (values.break === "list") {
  if (values.json) console.log(JSON.stringify(CHAOS_CONTROLS));
  else for (const [name, what] of Object.entries(CHAOS_CONTROLS)) console.log(`${name}  ${what}`);
} else if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed)) {
  fail("--kills and --seed are whole numbers.");
} else if (store !== "sqlite" && store !== "postgres") {
  fail("--store is sqlite or postgres.");
} else if (values.break !== undefined && !Object.hasOwn(CHAOS_CONTROLS, values.break)) {
  fail(`There is no control ${values.break}; --break list names them.`);
} else if (faults.some((name) => !Object.hasOwn(FAULTS, name))) {
  fail(`--faults is all, none, or some of ${Object.keys(FAULTS).join(",")}.`);
} else {
  hireJanitor();
  const stop = new AbortController();
  // A run that has no more time says what it found so far.
  process.on("SIGTERM", () => stop.abort());
  const control = (values.break as ChaosControl | undefined) ?? null;
  let said = 0;
  const progress = (done: number): void => {
    if (done < said + 50) return;
    said = done;
    console.error(`${done} of ${kills} kills after ${Math.round(performance.now() / 1000)} s`);
  };
  const report = await chaos({
    progress,
    kills,
    store,
    seed,
    control,
    faults: faults as Fault[],
    stop: stop.signal,
    ...(values.history === undefined
      ? {}
      : {
          keep: (entries) =>
            writeFileSync(values.history as string, entries.map((entry) => `${JSON.stringify(entry)}\n`).join("")),
        }),
  });
  if (values.json) console.log(JSON.stringify(report));
  else {
    const made = Object.entries(report.faults).map(([name, times]) => `${name} ${times}`);
    console.log(`${report.kills} kills from seed ${seed}: ${report.violations.length} broken promises`);
    if (made.length > 0) console.log(`  faults made in so many rounds: ${made.join(", ")}`);
    for (const line of report.leftOut) console.log(`  left out: ${line}`);
    for (const violation of report.violations) console.log(`  ${violation}`);
    for (const [id, lines] of Object.entries(report.timelines)) console.log(`  of ${id}:\n    ${lines.join("\n    ")}`);
  }
  process.exitCode = report.violations.length > 0 ? 1 : 0;
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 2;
}

/** `npm run chaos -- --kills N --store sqlite|postgres [--break CONTROL] --json`: exits 1 when a promise was broken. */
import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";
import { CHAOS_CONTROLS, type ChaosControl } from "./database.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "500" },
    store: { type: "string", default: "sqlite" },
    seed: { type: "string" },
    break: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

const kills = Number(values.kills);
const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const { store } = values;
if (values.break === "list") {
  if (values.json) console.log(JSON.stringify(CHAOS_CONTROLS));
  else for (const [name, what] of Object.entries(CHAOS_CONTROLS)) console.log(`${name}  ${what}`);
} else if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed)) {
  fail("--kills and --seed are whole numbers.");
} else if (store !== "sqlite" && store !== "postgres") {
  fail("--store is sqlite or postgres.");
} else if (values.break !== undefined && !Object.hasOwn(CHAOS_CONTROLS, values.break)) {
  fail(`There is no control ${values.break}; --break list names them.`);
} else {
  const report = await chaos({ kills, store, seed, control: (values.break as ChaosControl | undefined) ?? null });
  if (values.json) console.log(JSON.stringify(report));
  else {
    console.log(`${report.kills} kills from seed ${seed}: ${report.violations.length} broken promises`);
    for (const violation of report.violations) console.log(`  ${violation}`);
  }
  process.exitCode = report.violations.length > 0 ? 1 : 0;
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 2;
}

/** `npm run simulate -- --steps N --seed S [--break CONTROL] --json`: exits 1 when a promise was broken. */
import { CONTROLS, isControl } from "./controls.ts";
import { simulate } from "./simulate.ts";
import { readFlags } from "../../scripts/flags.ts";

const USAGE = `Usage: npm run simulate -- [--steps 100000] [--seed INTEGER] [--break CONTROL] [--json]

  --break NAME   breaks one promise on purpose, to show that it is found out; --break list names them
Exit status 1 where a promise was broken, 2 where it was asked for what there is not.`;

const values = readFlags(USAGE, {
  steps: { type: "string", default: "100000" },
  seed: { type: "string" },
  break: { type: "string" },
  json: { type: "boolean", default: false },
});

const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const steps = Number(values.steps);
if (values.break === "list") {
  if (values.json) console.log(JSON.stringify(CONTROLS));
  else for (const [name, what] of Object.entries(CONTROLS)) console.log(`${name}  ${what}`);
} else if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(steps) || steps < 1) {
  console.error("--steps and --seed are whole numbers.");
  process.exitCode = 2;
} else if (values.break !== undefined && !isControl(values.break)) {
  console.error(`There is no control ${values.break}; --break list names them.`);
  process.exitCode = 2;
} else {
  const report = await simulate({ steps, seed, control: values.break ?? null });
  if (values.json) console.log(JSON.stringify(report));
  else {
    console.log(`${report.steps} steps from seed ${seed}: ${report.violations.length} broken promises`);
    for (const violation of report.violations) console.log(`  ${violation}`);
    if (report.violations.length > 0) console.log(`Again: npm run simulate -- --steps 1 --seed ${report.seed}`);
  }
  process.exitCode = report.violations.length > 0 ? 1 : 0;
}

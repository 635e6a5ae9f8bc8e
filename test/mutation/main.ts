/**
 * `npm run mutate -- [--target NAME] [--part N/OF] [--json]`: mutates the decisions of hand-offs and shows which mutants no test notices. Exits 1
 * where fewer than 95 in a hundred are noticed, or where one survives that survivors.md does not explain. `--part 2/4` tries every fourth mutant,
 * from the second on, where all of them take too long at once.
 */
import { readFileSync } from "node:fs";
import { explained, nameOf } from "./survivors.ts";
import type { Mutant } from "./mutants.ts";
import { tryMutants } from "./run.ts";
import { TARGETS } from "./targets.ts";
import { readFlags, refuse } from "../../scripts/flags.ts";

const USAGE = `Usage: npm run mutate -- [--target NAME] [--part N/OF] [--json]

  --target NAME   one of ${TARGETS.map(({ name }) => name).join(", ")}; default: all of them
  --part N/OF     every mutant of so many, from the Nth on, where all take too long at once
Exit status 1 where fewer than 95 in a hundred are noticed or one survives without a reason in survivors.md, 2 where it was asked for what there is not.`;

const values = readFlags(USAGE, {
  target: { type: "string" },
  part: { type: "string", default: "1/1" },
  json: { type: "boolean", default: false },
});
const [, part = "", of = ""] = /^(\d{1,3})\/(\d{1,3})$/.exec(values.part) ?? [];
if (!(Number(part) >= 1 && Number(part) <= Number(of))) {
  refuse("--part is N/OF, such as 1/4.", USAGE);
}
const only = (id: number): boolean => id % Number(of) === Number(part) - 1;
const targets = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
if (targets.length === 0) {
  refuse(`There is no target ${values.target}.`, USAGE);
}
const known = explained(readFileSync(new URL("survivors.md", import.meta.url), "utf8"));
let failed = false;
for (const target of targets) {
  const show = (mutant: Mutant): void => {
    const word = known.has(nameOf(mutant)) ? "explained" : "SURVIVES";
    if (!values.json) console.log(`  ${word}  line ${mutant.line}: ${nameOf(mutant)}`);
  };
  const { mutants, killed, survivors } = await tryMutants(target, only, show);
  const share = killed.size / mutants.length;
  const unexplained = survivors.filter((mutant) => !known.has(nameOf(mutant)));
  failed ||= share < 0.95 || unexplained.length > 0;
  if (values.json) {
    console.log(
      JSON.stringify({
        target: target.name,
        mutants: mutants.length,
        killed: killed.size,
        survivors: survivors.map(nameOf),
      }),
    );
    continue;
  }
  console.log(`${target.name}: ${killed.size} of ${mutants.length} mutants noticed (${(100 * share).toFixed(1)} %)`);
}
process.exitCode = failed ? 1 : 0;

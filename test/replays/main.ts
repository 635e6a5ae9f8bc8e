/**
 * `npm run replays -- --runs N --seed S [--language python]`: random actions over the whole platform, each recorded and replayed. Says how many
 * replays were the same runs. Exit status 1 if one was not; the seed is printed, so that it can be found again.
 */
import fc from "fast-check";
import { createRuntime } from "../../runtime/index.ts";
import { holds, recordAndReplay, recordingRuntime } from "./replaying.ts";
import { actions, pythonActions } from "./sources.ts";
import { readFlags, refuse } from "../../scripts/flags.ts";

const USAGE = `Usage: npm run replays -- [--runs 1000] [--seed INTEGER] [--language javascript|python]

Random actions, each recorded and replayed. Exit status 1 where a replay was not the same run.`;

const values = readFlags(USAGE, {
  runs: { type: "string", default: "1000" },
  seed: { type: "string" },
  language: { type: "string", default: "javascript" },
});
const runs = Number(values.runs);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const isPython = values.language === "python";
if (!Number.isInteger(runs) || !Number.isInteger(seed) || (!isPython && values.language !== "javascript")) {
  refuse("--runs and --seed are whole numbers, and --language is javascript or python.", USAGE);
}

const { options, take } = recordingRuntime();
await using runtime = await createRuntime(options);
const ends = new Map<string, number>();
let same = 0;
const began = performance.now();
const failed: string[] = [];
const sources = fc.sample(isPython ? pythonActions : actions, { numRuns: runs, seed });
for (const [index, source] of sources.entries()) {
  const replayed = await recordAndReplay(runtime, take, source, isPython ? "action.py" : "action.js");
  const { status } = replayed.recording.outcome;
  ends.set(status, (ends.get(status) ?? 0) + 1);
  try {
    holds(replayed);
    same++;
  } catch (error) {
    failed.push(`${(error as Error).message}\n${source}`);
    console.error(`run ${index + 1} of seed ${seed}: ${failed.at(-1)!}`);
    if (failed.length >= 5) break;
  }
}
const seconds = ((performance.now() - began) / 1_000).toFixed(0);
const told = [...ends].map(([status, count]) => `${count} ${status}`).join(", ");
console.log(`${same} of ${same + failed.length} replays were the same run (${told}; seed ${seed}; ${seconds} s)`);
process.exitCode = failed.length > 0 ? 1 : 0;

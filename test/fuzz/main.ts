/**
 * `npm run fuzz -- --seconds N --seed S [--language python]`: random actions against a real runtime and random bytes against the reading of frames, until the
 * time is up. The seed is printed, so that what fails can be run again. Exit status 1 if something did not hold.
 */
import fc from "fast-check";
import { createRuntime } from "../../runtime/index.ts";
import { streams } from "./frames.ts";
import { openForgery } from "../escape/protocol/forged-worker.ts";
import { ECHO, holdsSource, holdsStream, holdsWorker } from "./properties.ts";
import type { FuzzedLanguage } from "./properties.ts";
import { pythonActions, pythonTexts } from "./python-sources.ts";
import { actions, texts } from "./sources.ts";
import { readFlags, refuse } from "../../scripts/flags.ts";

const GRAMMARS = {
  javascript: { actions, texts },
  python: { actions: pythonActions, texts: pythonTexts },
};

const USAGE = `Usage: npm run fuzz -- [--seconds 60] [--seed INTEGER] [--language javascript|python]

Random actions against a real runtime, and random bytes against the reading of frames, until the time is up. Exit status 1 where something did not hold.`;

const values = readFlags(USAGE, {
  seconds: { type: "string", default: "60" },
  seed: { type: "string" },
  language: { type: "string", default: "javascript" },
});
const language = values.language as FuzzedLanguage;
const seconds = Number(values.seconds);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (!(seconds > 0) || !Number.isInteger(seed) || !Object.hasOwn(GRAMMARS, language)) {
  refuse("--seconds is a number, --seed a whole one, and --language javascript or python.", USAGE);
}

console.error(`fuzzing ${language} for ${seconds} s from seed ${seed}`);
const end = performance.now() + seconds * 1_000;
const counts = { actions: 0, texts: 0, streams: 0, workers: 0 };
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
await using runtime = await createRuntime({ logger });
const forgery = openForgery();
const forged = forgery.forge("echo", ECHO);
try {
  for (let round = 0; performance.now() < end; round++) {
    const options = { seed: seed + round, endOnFailure: true } as const;
    await fc.assert(
      fc.asyncProperty(
        GRAMMARS[language].actions,
        counted("actions", (source) => holdsSource(runtime, source, language)),
      ),
      { ...options, numRuns: 20 },
    );
    await fc.assert(
      fc.asyncProperty(
        GRAMMARS[language].texts,
        counted("texts", (source) => holdsSource(runtime, source, language)),
      ),
      { ...options, numRuns: 10 },
    );
    await fc.assert(
      fc.asyncProperty(
        streams,
        counted("streams", async (pieces) => holdsStream(pieces)),
      ),
      { ...options, numRuns: 500 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(streams, streams),
        counted("workers", ([main, sync]) => holdsWorker(forged, main, sync)),
      ),
      { ...options, numRuns: 5 },
    );
  }
  console.log(JSON.stringify({ language, seed, seconds, ...counts, failed: false }));
} catch (error) {
  console.error(
    error instanceof Error ? `${error.message}\n${String((error.cause as Error | undefined)?.stack)}` : error,
  );
  console.log(JSON.stringify({ language, seed, seconds, ...counts, failed: true }));
  process.exitCode = 1;
} finally {
  forgery.close();
}

function counted<T>(name: keyof typeof counts, holds: (value: T) => Promise<void>): (value: T) => Promise<void> {
  return (value) => {
    counts[name]++;
    return holds(value);
  };
}

/** The fuzzer for a few seconds, from the same seed each time; `npm run fuzz` goes on for longer and elsewhere. */
import { test } from "@jest/globals";
import fc from "fast-check";
import { useRuntime } from "../escape/harness.ts";
import { streams } from "./frames.ts";
import { useForgery } from "../escape/protocol/forgery.ts";
import { ECHO, holdsSource, holdsStream, holdsWorker } from "./properties.ts";
import { pythonActions, pythonTexts } from "./python-sources.ts";
import { actions, texts } from "./sources.ts";

const open = useRuntime();
const forge = useForgery();
const SEED = 20_261_122;

test("whatever an action is made of, it ends in an Outcome and leaves nothing behind", async () => {
  await fc.assert(
    fc.asyncProperty(actions, (source) => holdsSource(open(), source)),
    { seed: SEED, numRuns: 40, endOnFailure: true },
  );
});

test("whatever text is given as a source, it ends in an Outcome", async () => {
  await fc.assert(
    fc.asyncProperty(texts, (source) => holdsSource(open(), source)),
    { seed: SEED, numRuns: 25, endOnFailure: true },
  );
});

test("whatever an action in Python is made of, or whatever text is given as one, it ends in an Outcome and leaves nothing behind", async () => {
  const options = { seed: SEED, endOnFailure: true };
  const holds = (source: string) => holdsSource(open(), source, "python");
  await fc.assert(fc.asyncProperty(pythonActions, holds), { ...options, numRuns: 12 });
  await fc.assert(fc.asyncProperty(pythonTexts, holds), { ...options, numRuns: 6 });
});

test("whatever bytes a worker sends, they are frames or they are refused", () => {
  fc.assert(fc.property(streams, holdsStream), { seed: SEED, numRuns: 1_500 });
});

test("whatever a worker that was taken over sends, its run ends and the host is none the worse for it", async () => {
  const options = forge("echo", ECHO);
  await fc.assert(
    fc.asyncProperty(streams, streams, (main, sync) => holdsWorker(options, main, sync)),
    { seed: SEED, numRuns: 12, endOnFailure: true },
  );
});

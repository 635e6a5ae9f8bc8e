/** The short form of `npm run replays`: a recorded run of a random action, over the whole platform, replays as the same run. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createRuntime } from "../../runtime/index.ts";
import { holds, recordAndReplay, recordingRuntime } from "./replaying.ts";
import { actions, pythonActions } from "./sources.ts";

test.each([
  ["JavaScript", actions, "action.js", 10],
  ["Python", pythonActions, "action.py", 3],
] as const)("recorded random actions of %s replay as the same runs", async (_, arbitrary, filename, numRuns) => {
  const { options, take } = recordingRuntime();
  await using runtime = await createRuntime({ ...options, workers: 1 });
  await fc.assert(
    fc.asyncProperty(arbitrary, async (source) => {
      holds(await recordAndReplay(runtime, take, source, filename));
    }),
    { numRuns, endOnFailure: true },
  );
}); // prettier-ignore

test("two runs of one action are not the same run, so that the property above can fail", async () => {
  const { options, take } = recordingRuntime();
  await using runtime = await createRuntime({ ...options, workers: 1 });
  const source = "export const execute_action = () => [Math.random(), crypto.randomUUID()];";
  const first = await recordAndReplay(runtime, take, source, "action.js");
  const second = await recordAndReplay(runtime, take, source, "action.js");
  expect(first.outcome.returnValue).not.toEqual(second.outcome.returnValue);
  const mixed = { ...first.recording, clock: second.recording.clock };
  expect(await runtime.replay(mixed)).toMatchObject({ equal: false, mode: "exact" });
});

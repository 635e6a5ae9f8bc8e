// Which test files come first: the longest, so that none of them is left over for one worker alone at the end. Jest knows their times from an earlier
// run where there was one; on a fresh checkout, as in a build server, those below stand in for them.
import { relative } from "node:path";
import Sequencer from "@jest/test-sequencer";

/** Seconds of the dearest, about, on two cores; all others take a few. */
const SECONDS = {};
const OTHERS = 3;

export default class LongestFirst extends Sequencer {
  time(test) {
    const { path, context } = test;
    return super.time(test) ?? 1_000 * (SECONDS[relative(`${context.config.rootDir}/test`, path)] ?? OTHERS);
  }
}

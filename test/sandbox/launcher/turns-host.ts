/**
 * A host that holds 400 MB and starts workers after loops, in turn by itself and by a launcher. Says what the longest turn of its event loop was,
 * at least, in each way, and while it did nothing but wait as long.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DIRECTLY, type Starter } from "../../../sandbox/launcher/started.ts";
import { pause } from "../../processes.ts";
import { play, readyLauncher, sandboxBy } from "./starting.ts";

const held = Array.from({ length: 400 }, () => Buffer.alloc(1024 * 1024, 1));
const MIN_ROUNDS = 4;
/** A busy machine lengthens turns of each way; what a start itself costs is in every one of them. */
const MAX_ROUNDS = 24;

const launcher = await readyLauncher();
const longest = { idle: Infinity, directly: Infinity, launched: Infinity };
const isClear = (): boolean => longest.launched - longest.idle < (longest.directly - longest.idle) / 2;
for (let round = 0; round < MIN_ROUNDS || (round < MAX_ROUNDS && !isClear()); round++) {
  longest.idle = Math.min(longest.idle, await longestTurn(() => pause(300)));
  longest.directly = Math.min(longest.directly, await longestTurn(() => startAfterLoop(DIRECTLY, `d${round}`)));
  longest.launched = Math.min(longest.launched, await longestTurn(() => startAfterLoop(launcher, `l${round}`)));
}
await launcher.close();
console.log(JSON.stringify({ ...longest, heldMiB: held.length }));

async function startAfterLoop(starter: Starter, name: string): Promise<void> {
  const sandbox = sandboxBy(starter);
  await play(sandbox, `${name} loops`, "for (;;);", { cpuMs: 20 });
  await play(sandbox, `${name} goes on`, "return 1");
  await sandbox.close();
}

async function longestTurn(work: () => Promise<void>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // A turn is measured from one tick to the next: the first has to have come.
  await pause(10);
  await work();
  delay.disable();
  return delay.max / 1e6;
}

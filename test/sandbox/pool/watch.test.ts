import { expect, test } from "@jest/globals";
import { inspect } from "../../../sandbox/pool/watch.ts";
import { MIB, type Stand, standSlot } from "./standing-worker.ts";

/** One look; gives what had to be ended, and why. */
function look(stand: Stand): string[] {
  const ended: string[] = [];
  inspect(
    stand.slot,
    (_, blamed, end, reason) => ended.push(`${blamed?.id ?? "nobody"} ${end.type} ${reason}`),
    stand.clock.now,
  );
  return ended;
}

function standWith(...ids: readonly number[]): Stand {
  const stand = standSlot();
  stand.ready();
  for (const id of ids)
    stand.slot.add(stand.run(id, { limits: { wallMs: 100, cpuMs: 100, memoryMiB: 64 } }), { alone: false });
  return stand;
}

test("a process that does not get ready is ended, however busy the machine is", () => {
  const stand = standSlot();
  stand.clock.now += 29_000;
  look(stand);
  expect(stand.worker.killed).toBeNull();
  stand.clock.now += 2_000;
  look(stand);
  expect(stand.worker.killed).toMatch(/did not get ready/);
});

test("a run past its wall limit is asked to stop, and its process is ended where it does not", () => {
  const stand = standWith(1);
  stand.clock.now += 120;
  expect([look(stand), stand.worker.sent.at(-1)]).toEqual([[], "run"]);
  stand.clock.now += 50;
  expect([look(stand), stand.worker.sent.at(-1)]).toEqual([[], "stop"]);
  stand.clock.now += 40;
  expect(look(stand)).toEqual([]);
  stand.clock.now += 20;
  expect(look(stand)).toEqual(["1 timed_out a run would not stop"]);
});

test("a process that computes without a sign of life past the CPU limit is ended, one that merely waits for a processor is not", () => {
  const stand = standWith(1);
  stand.worker.silentCpuMs = 140;
  expect(look(stand)).toEqual([]);
  stand.worker.silentCpuMs = 160;
  expect(look(stand)).toEqual(["1 timed_out a run computed past its limit"]);
});

test("over the memory cap, the run that grew most past its share is asked to go alone, while its worker answers", () => {
  const stand = standWith(1, 2);
  stand.hear({ type: "entered", run: 2 });
  stand.worker.grownBytes = 260 * MIB;
  expect([look(stand), stand.worker.sent.at(-1)]).toEqual([[], "stop"]);
  expect([...stand.slot.stopping.keys()]).toEqual([2]);
  stand.clock.now += 1_000;
  expect(look(stand)[0]).toMatch(/^2 /);
});

test("a worker that does not answer is ended for its memory at once", () => {
  const stand = standWith(1, 2);
  stand.hear({ type: "entered", run: 2 });
  stand.worker.isSilent = true;
  stand.worker.grownBytes = 260 * MIB;
  expect(look(stand)).toEqual(["2 out_of_memory its memory went over the cap"]);
});

test("an ended run that is never gone ends its process: at once if another turn began, else as soon as it has computed for long", () => {
  const stand = standWith(1, 2);
  stand.end(1);
  stand.clock.now += 60;
  expect(look(stand)).toEqual([]);
  stand.worker.silentCpuMs = 300;
  stand.clock.now += 300;
  expect(look(stand)).toEqual(["nobody cancelled an ended run would not go"]);
});

/** How many isolates a worker holds ready, by a clock that is handed in. */
import { expect, test } from "@jest/globals";
import { Ahead } from "../../../sandbox/worker/ahead.ts";

function held(least: number, isolateBytes = 0) {
  let now = 0;
  const ahead = new Ahead(least, isolateBytes, () => now);
  return {
    ahead,
    wait: (ms: number) => void (now += ms),
    burst(runs: number, apartMs = 1) {
      for (let run = 0; run < runs; run++) {
        now += apartMs;
        ahead.note();
      }
    },
  };
}

test("runs that come one at a time leave it at what the host asks for", () => {
  const { ahead, burst } = held(2);
  burst(100, 50);
  expect(ahead.wanted).toBe(2);
});

test("a burst has as many stand ready for the next, within the memory that is there", () => {
  const { ahead, burst, wait } = held(2);
  burst(16);
  expect(ahead.wanted).toBe(16);
  wait(100);
  burst(4);
  expect(ahead.wanted).toBe(16);
  burst(1_000);
  expect(ahead.wanted).toBe(40);
});

test("as it passes, fewer do", () => {
  const { ahead, burst, wait } = held(2);
  burst(16);
  wait(10_000);
  expect(ahead.wanted).toBe(8);
  burst(3);
  wait(10_000);
  expect(ahead.wanted).toBe(4);
  wait(600_000);
  expect(ahead.wanted).toBe(2);
});

test("isolates that weigh much stay few, and a host that wants none gets none", () => {
  const heavy = held(2, 60 * 1024 * 1024);
  heavy.burst(64);
  expect(heavy.ahead.wanted).toBe(2);
  const none = held(0);
  none.burst(64);
  expect(none.ahead.wanted).toBe(0);
});

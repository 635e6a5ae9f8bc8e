// A tenant's rate and its bound of runs hold for all nodes of a store together: two nodes on one store, by a clock of the test's.
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createScheduler, type Scheduler } from "../../service/executions/scheduler.ts";
import { createShares, type Shares } from "../../service/executions/shares.ts";
import { openServiceStore, type ServiceStore } from "../../service/store/store.ts";

interface Node {
  readonly scheduler: Scheduler;
  readonly shares: Shares;
  /** Of a node that is dead: nothing of it reaches the store any more. */
  dead: boolean;
  /** A run that waits for its place, and for the test to end it. */
  run(): Promise<() => void>;
}

const MOST = 4;
let now = 1_000_000;
let store: ServiceStore;
let nodes: Node[];

function startNode(name: string): Node {
  const scheduler = createScheduler({ concurrency: 64, queuePerTenant: 1000, queueMs: 60_000 });
  const cut: Pick<ServiceStore, "run"> = {
    run: (...asked) => (node.dead ? Promise.reject(new Error("dead")) : store.run(...asked)),
  };
  const shares = createShares({ store: cut, node: name, now: () => now, demand: scheduler.demand });
  shares.onLent(scheduler.look);
  const node: Node = {
    dead: false,
    scheduler,
    shares,
    run: () =>
      scheduler.enter({
        tenant: "t",
        phone: false,
        weight: 1,
        concurrent: () => shares.places("t", MOST),
        perSecond: null,
        deadline: null,
        signal: new AbortController().signal,
      }),
  };
  return node;
}

beforeEach(async () => {
  store = await openServiceStore("memory:", "auto");
  nodes = [startNode("one"), startNode("two")];
});
afterEach(async () => {
  for (const { scheduler, shares } of nodes) {
    scheduler.close();
    await shares.close();
  }
  await store.close();
});

/** Turns of the loop until nothing that was asked of the store is out any more. */
const settled = async (): Promise<void> => {
  for (let round = 0; round < 40; round += 1) {
    await store.run("listNodes", { since: 0 });
    await new Promise((resolve) => setImmediate(resolve));
  }
};
const renewed = async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, 600));
  await settled();
};

describe("the bound of runs at once", () => {
  test("holds over both nodes, however many wait on each, and neither is starved", async () => {
    const leaves: (() => void)[][] = [[], []];
    for (const [at, node] of nodes.entries())
      for (let each = 0; each < 10; each += 1)
        void node.run().then(
          (leave) => void leaves[at]!.push(leave),
          () => {},
        );
    await settled();
    const running = (): number[] => nodes.map(({ scheduler }) => scheduler.running);
    expect(running()[0]! + running()[1]!).toBe(MOST);
    // The first to ask may hold all of them; as its runs end, the other gets its half.
    for (let round = 0; round < 6; round += 1) {
      leaves[0]!.shift()?.();
      leaves[1]!.shift()?.();
      await renewed();
      expect(running()[0]! + running()[1]!).toBeLessThanOrEqual(MOST);
    }
    expect(Math.min(...running())).toBeGreaterThan(0);
  });

  test("is given back by a node that dies, when what it was lent is over", async () => {
    const [one, two] = nodes as [Node, Node];
    for (let each = 0; each < MOST; each += 1) await one.run();
    const waits = two.run();
    await settled();
    expect(two.scheduler.running).toBe(0);
    one.dead = true;
    now += 6_000;
    await renewed();
    await waits;
    expect(two.scheduler.running).toBe(1);
  });
});

describe("the rate", () => {
  const taken = async ({ shares }: Node, count: number, perSecond: number): Promise<number> => {
    const all = await Promise.allSettled(Array.from({ length: count }, () => shares.token("t", perSecond)));
    return all.filter(({ status }) => status === "fulfilled").length;
  };

  test("is one for both nodes", async () => {
    const [one, two] = nodes as [Node, Node];
    const [first, second] = await Promise.all([taken(one, 30, 10), taken(two, 30, 10)]);
    expect(first + second).toBe(10);
    now += 500;
    const [third, fourth] = await Promise.all([taken(one, 30, 10), taken(two, 30, 10)]);
    expect(third + fourth).toBe(5);
  });

  test("says when there is a token again, and asks the store no more until then", async () => {
    const [one] = nodes as [Node];
    expect(await taken(one, 1, 0.5)).toBe(1);
    await expect(one.shares.token("t", 0.5)).rejects.toMatchObject({
      status: 429,
      code: "RATE_LIMITED",
      extras: { retryAfter: 2 },
    });
    await store.close();
    await expect(one.shares.token("t", 0.5)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    store = await openServiceStore("memory:", "auto");
  });
});

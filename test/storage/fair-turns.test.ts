/** What tenants share in a store is taken in turns: a flood of one delays another by what is under way, and by nothing that waits. */
import { expect, test } from "@jest/globals";
import { createFairTurns } from "../../storage/fair-turns.ts";

/** Operations that end when the test says so, in the order in which they were started. */
function shared() {
  const started: { readonly name: string; end(): void }[] = [];
  return {
    started,
    names: () => started.map(({ name }) => name),
    start: (name: string) => () => {
      const { promise, resolve } = Promise.withResolvers<string>();
      started.push({ name, end: () => resolve(name) });
      return promise;
    },
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("an operation of another tenant comes after what is under way, before the rest of a flood", async () => {
  const turns = createFairTurns(2);
  const { started, names, start } = shared();
  const flood = Array.from({ length: 50 }, (_, n) => turns.take({ tenant: "flood" }, start(`flood ${n}`)));
  const honest = turns.take({ handoff: { tenant: "honest" } }, start("honest"));
  await settle();
  expect(names()).toEqual(["flood 0", "flood 1"]);
  started[0]!.end();
  started[1]!.end();
  await settle();
  expect(names()).toEqual(["flood 0", "flood 1", "flood 2", "honest"]);
  for (let next = 2; next < 51; next++) {
    started[next]!.end();
    await settle();
  }
  expect(await honest).toBe("honest");
  expect(await Promise.all(flood)).toEqual(Array.from({ length: 50 }, (_, n) => `flood ${n}`));
});

test("beyond what may wait a tenant is refused before anything was asked, and another is not", async () => {
  const turns = createFairTurns(1, 3);
  const { started, start } = shared();
  const taken = ["a", "b", "c", "d"].map((name) => turns.take({ tenant: "flood" }, start(name)));
  await expect(turns.take({ tenant: "flood" }, start("e"))).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    retry: "safe",
  });
  const other = turns.take({ tenant: "other" }, start("other"));
  for (let next = 0; next < 5; next++) {
    started[next]!.end();
    await settle();
  }
  expect(await Promise.all(taken)).toEqual(["a", "b", "c", "d"]);
  expect(await other).toBe("other");
});

test("an operation that fails makes room like one that ends", async () => {
  const turns = createFairTurns(1);
  const failed = turns.take({ tenant: "a" }, () => Promise.reject(new Error("no")));
  const next = turns.take({ tenant: "b" }, async () => "there");
  await expect(failed).rejects.toThrow("no");
  expect(await next).toBe("there");
});

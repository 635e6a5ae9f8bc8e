// What the journals of runs that are being recorded may hold: a run so much, all together so much, given back when a run ends.
import { expect, test } from "@jest/globals";
import { JournalBudget, JournalKeeper } from "../../../sandbox/pool/journal-keeper.ts";

const MIB = 1024 * 1024;
const body = new Uint8Array(5 * MIB);
const ANSWER = { ok: true, value: null } as const;

/** A fetch whose body came back. */
const ask = (keeper: JournalKeeper): void => keeper.open("fetch", "{}", undefined)(ANSWER, body);

test("a run's journal has 32 MiB, past which it says that it is not whole", () => {
  const keeper = new JournalKeeper(new JournalBudget());
  for (let call = 0; call < 6; call++) ask(keeper);
  expect(keeper.written).toMatchObject({ lost: null, calls: { length: 6 } });
  for (let call = 0; call < 20; call++) ask(keeper);
  const { lost, calls } = keeper.written;
  expect(lost).toMatch(/more than 33554432 bytes/);
  expect(calls.filter(({ answerBytes }) => answerBytes !== undefined)).toHaveLength(6);
  expect(calls.length).toBeLessThan(8);
});

test("arguments and answers of text count like bytes", () => {
  for (const [args, value] of [["x".repeat(9 * MIB), null], ["", { head: ["x".repeat(9 * MIB)] }]] as const) {
    const keeper = new JournalKeeper(new JournalBudget());
    for (let call = 0; call < 9; call++) keeper.open("fetch", args, undefined)({ ok: true, value });
    expect(keeper.written.lost).toMatch(/more than/);
  }
}); // prettier-ignore

test("the journals of all runs have 256 MiB together, until each ends", () => {
  const budget = new JournalBudget();
  const keepers = Array.from({ length: 12 }, () => new JournalKeeper(budget));
  for (const keeper of keepers) for (let call = 0; call < 5; call++) ask(keeper);
  expect(keepers.map(({ written }) => written.lost === null)).toEqual([...Array(10).fill(true), false, false]);
  expect(keepers.at(-1)!.written.lost).toMatch(/together/);
  for (const keeper of keepers.slice(0, 2)) {
    keeper.close();
    keeper.close();
  }
  const later = [new JournalKeeper(budget), new JournalKeeper(budget), new JournalKeeper(budget)];
  for (const keeper of later) for (let call = 0; call < 5; call++) ask(keeper);
  expect(later.map(({ written }) => written.lost === null)).toEqual([true, true, false]);
});

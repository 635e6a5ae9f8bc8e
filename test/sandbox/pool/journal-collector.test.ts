// What the journals of runs that are being recorded may hold: a run so much, all together so much, given back when a run ends.
import { expect, test } from "@jest/globals";
import { JournalBudget, JournalCollector } from "../../../sandbox/pool/journal-collector.ts";

const MIB = 1024 * 1024;
const body = new Uint8Array(5 * MIB);
const ANSWER = { ok: true, value: null } as const;

/** A fetch whose body came back. */
const ask = (collector: JournalCollector): void => collector.open("fetch", "{}", undefined)(ANSWER, body);

test("a run's journal has 32 MiB, past which it says that it is not whole", () => {
  const collector = new JournalCollector(new JournalBudget());
  for (let call = 0; call < 6; call++) ask(collector);
  expect(collector.written).toMatchObject({ lost: null, calls: { length: 6 } });
  for (let call = 0; call < 20; call++) ask(collector);
  const { lost, calls } = collector.written;
  expect(lost).toMatch(/more than 33554432 bytes/);
  expect(calls.filter(({ answerBytes }) => answerBytes !== undefined)).toHaveLength(6);
  expect(calls.length).toBeLessThan(8);
});

test("arguments and answers of text count like bytes", () => {
  for (const [args, value] of [["x".repeat(9 * MIB), null], ["", { head: ["x".repeat(9 * MIB)] }]] as const) {
    const collector = new JournalCollector(new JournalBudget());
    for (let call = 0; call < 9; call++) collector.open("fetch", args, undefined)({ ok: true, value });
    expect(collector.written.lost).toMatch(/more than/);
  }
}); // prettier-ignore

test("the journals of all runs have 256 MiB together, until each ends", () => {
  const budget = new JournalBudget();
  const collectors = Array.from({ length: 12 }, () => new JournalCollector(budget));
  for (const collector of collectors) for (let call = 0; call < 5; call++) ask(collector);
  expect(collectors.map(({ written }) => written.lost === null)).toEqual([...Array(10).fill(true), false, false]);
  expect(collectors.at(-1)!.written.lost).toMatch(/together/);
  for (const collector of collectors.slice(0, 2)) {
    collector.close();
    collector.close();
  }
  const later = [new JournalCollector(budget), new JournalCollector(budget), new JournalCollector(budget)];
  for (const collector of later) for (let call = 0; call < 5; call++) ask(collector);
  expect(later.map(({ written }) => written.lost === null)).toEqual([true, true, false]);
});

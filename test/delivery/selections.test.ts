// What selects many rows is read strictly: a key that is misspelt, or undefined, would select more than was meant.
import { expect, test } from "@jest/globals";
import { openHandoffs, type DurableHandoffs } from "../../delivery/index.ts";
import { recordRequest } from "./fixtures.ts";

const WRONG: readonly (readonly [what: string, call: (handoffs: DurableHandoffs) => unknown, says: RegExp])[] = [
  ["purge with another key", (on) => on.purge({ tenant: "acme", conversation: "x" } as never), /did you mean "conversationId"/],
  ["purge with a misspelt key", (on) => on.purge({ tenant: "acme", conversationID: "x" } as never), /did you mean "conversationId"/],
  ["purge with a misspelt time", (on) => on.purge({ tenant: "acme", conversationId: "x", befor: new Date() } as never), /did you mean "before"/],
  ["purge with a foreign key", (on) => on.purge({ tenant: "acme", id: "x" } as never), /there is no "id"/],
  ["purge before no date", (on) => on.purge({ tenant: "acme", before: new Date(Number.NaN) }), /"before" should be a Date/],
  ["dropAll of nothing", (on) => on.outbox.dropAll(undefined as never), /^outbox\.dropAll: the options should be an object/],
  ["dropAll with a misspelt key", (on) => on.outbox.dropAll({ tennant: "acme" } as never), /did you mean "tenant"/],
  ["dropAll of an undefined tenant", (on) => on.outbox.dropAll({ tenant: undefined as never }), /"tenant" is there and undefined/],
  ["dropAll with a limit", (on) => on.outbox.dropAll({ limit: 5 } as never), /there is no "limit"/],
  ["retryAll of an odd status", (on) => on.outbox.retryAll({ status: "failed" as never }), /"status" should be "waiting"/],
  ["retryAll since a text", (on) => on.outbox.retryAll({ since: "6h" as never }), /"since" should be a Date/],
  ["counts before no date", (on) => on.outbox.counts({ before: new Date("x") }), /"before" should be a Date/],
  ["list with half a row", (on) => on.outbox.list({ limit: 0.5 }), /"limit" should be a whole number/],
  ["list with a limit of text", (on) => on.outbox.list({ limit: "5" as never }), /"limit" should be a whole number/],
  ["list of an odd status", (on) => on.outbox.list({ status: "open" as never }), /"status" should be/],
  ["list after a number", (on) => on.outbox.list({ after: 5 as never }), /"after" should be the cursor of a row/],
  ["list of a tenant of null", (on) => on.outbox.list({ tenant: null as never }), /"tenant" should be the tenant's id/],
  ["show of nothing", (on) => on.outbox.show(undefined as never), /^outbox\.show\(intentId\): it should be/],
  ["retry of a number", (on) => on.outbox.retry(5 as never), /^outbox\.retry\(intentId\): it should be/],
  ["drop of nothing", (on) => on.outbox.drop("" as never), /^outbox\.drop\(intentId\): it should be/],
  ["getExecution of nothing", (on) => on.getExecution(null as never), /^getExecution: the options should be an object/],
  ["getExecution without an id", (on) => on.getExecution({ tenant: "acme" } as never), /"executionId" is missing/],
  ["a cursor of the outbox that is none", (on) => on.outbox.list({ after: `${"9".repeat(30)}:x` }), /no cursor of the outbox/],
]; // prettier-ignore

test.each(WRONG)("%s is refused, and nothing is changed", async (_, call, says) => {
  await using handoffs = await openHandoffs({ store: "memory:" });
  const claim = recordRequest({ reason: "kept" });
  await handoffs.record(claim);
  const refused = Promise.resolve().then(async () => call(handoffs));
  await expect(refused).rejects.toThrow(says);
  expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({
    status: "waiting",
    reason: "kept",
    purgedAt: null,
  });
});

test("an object that names its conversation may have keys of its own beside", async () => {
  await using handoffs = await openHandoffs({ store: "memory:" });
  const claim = recordRequest();
  await handoffs.record(claim);
  expect(await handoffs.purge(claim)).toMatchObject({ handoffs: 1 });
});

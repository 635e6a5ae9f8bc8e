/** A few hundred characters can keep a compiler busy until its deadline. The tenant that sends many of them waits for them, and no other does. */
import { expect, test } from "@jest/globals";
import { chat, useRuntime } from "../harness.ts";

const open = useRuntime({ queuePerTenant: 6, limits: { compileMs: 2_500 } });

/** The parser begins anew at each of the arrows: twice as long for one more. */
const slow = (name: number): string =>
  `export const execute_action = () => ${name}; export const x = ${"a ? (b) : c => ".repeat(28)}1;`;

test("a tenant whose sources are slow to compile keeps no other tenant from compiling", async () => {
  const order: string[] = [];
  const flood = Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const { status, error } = await open().execute({
        tenant: "flood",
        action: { source: slow(index) },
        context: chat(),
      });
      order.push("flood");
      return `${status} ${error?.code}`;
    }),
  );
  const others = Promise.all(
    ["a", "b", "c"].map(async (tenant) => {
      const source = `export const execute_action = () => "${tenant}";`;
      const { returnValue } = await open().execute({ tenant, action: { source }, context: chat() });
      order.push(tenant);
      return returnValue;
    }),
  );
  expect(await others).toEqual(["a", "b", "c"]);
  // They came in turn with the flood, not after the last of it, however slowly the machine compiles theirs.
  expect(order.filter((tenant) => tenant === "flood").length).toBeLessThan(12);
  const ends = await flood;
  expect(ends.filter((end) => end === "refused QUEUE_FULL")).toHaveLength(4);
  expect(ends.filter((end) => end === "invalid COMPILE_TIMEOUT")).toHaveLength(8);
});

test("a tenant that deploys sources that are slow to compile keeps no other tenant from deploying, not even the same source", async () => {
  const ended: string[] = [];
  const compile = async (tenant: string, source: string): Promise<void> => {
    await open().compile({ source }, { tenant });
    ended.push(tenant);
  };
  const common = 'export const execute_action = () => "common";';
  const flood = [100, 101, 102, 103, 104].map((name) => compile("flood", slow(name)));
  await Promise.all([compile("calm", 'export const execute_action = () => "calm";'), compile("flood", common), compile("other", common)]); // prettier-ignore
  const before = (tenant: string): number =>
    ended.slice(0, ended.indexOf(tenant)).filter((each) => each === "flood").length;
  expect(before("calm")).toBeLessThan(5);
  expect(before("other")).toBeLessThan(5);
  await Promise.all(flood);
});

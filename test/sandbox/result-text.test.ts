import { describe, expect, test } from "@jest/globals";
import { readResult } from "../../sandbox/protocol/result-text.ts";
import { createRuntime } from "../../runtime/index.ts";

const read = (json: string) => readResult(json, 1_000_000);

describe("a number that JSON cannot carry back and forth", () => {
  test.each(["1e400", "-1e400", "1e-400", "[1,{\"a\":1e309}]", "12345678901234567890", "9007199254740993", "0.10000000000000000001", "1".repeat(400), "1000000000000000.05", "-9007199254740993.0e0", "1e999999", "0." + "0".repeat(400) + "1", "123456789012345678e-200"])(
    "%s is refused",
    (json) => expect(read(json)).toMatchObject({ type: "bad_result", reason: "not_json", error: { name: "RangeError" } }),
  ); // prettier-ignore

  test.each([
    "0", "-0", "1.50", "1e2", "1E+2", "0e999", "1e22", "5e-324", "1.7976931348623157e308", "9007199254740992", "0.1",
    "123456789012345.6", "-1.2345678901234568e-300", "1E16", "1e+16", "1000000000000000.5e0", "12.50e-7", "-0.0", "0." + "0".repeat(200) + "1", "1" + "0".repeat(300) + "e-300", "0.10000000000000001", `["1e400","\\\\",1,"\\"1e400",true,false,null,{"1e400":2.5}]`,
  ])("%s is not one", (json) => expect(read(json)).toEqual({ type: "returned", value: JSON.parse(json) })); // prettier-ignore

  test("is refused from an action, wherever in its result", async () => {
    await using runtime = await createRuntime();
    const source = `export function execute_action() { return { deep: [JSON.rawJSON("1e400")] }; }`;
    const outcome = await runtime.execute({ action: { source }, context: { conversation: null, args: {} } });
    expect(outcome).toMatchObject({ status: "threw", error: { code: "RESULT_NOT_JSON" } });
    expect(outcome.error!.message).toContain("1e400");
    expect(outcome).not.toHaveProperty("returnValue");
  });
});

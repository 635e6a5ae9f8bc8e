import { describe, expect, test } from "@jest/globals";
import { exitStatusOf } from "../../cli/exit.ts";
import { InputError } from "../../author/input-error.ts";
import { neverSettled } from "../../cli/never-settled.ts";
import { HostFault } from "../../base/fault.ts";

describe("what no runtime settled", () => {
  test("bad input is an invalid outcome, exit status 2", () => {
    const outcome = neverSettled(new InputError("BAD_FLAG", "There is no flag --x."));
    expect(outcome).toMatchObject({ status: "invalid", error: { code: "BAD_FLAG", retry: "never" } });
    expect(exitStatusOf(outcome.status)).toBe(2);
  });

  test("a fault of the host keeps its code and whether to try again, exit status 1", () => {
    const outcome = neverSettled(new HostFault("WORKER_UNAVAILABLE", "No worker can be started.", "safe"));
    expect(outcome).toMatchObject({
      status: "crashed",
      handoff: null,
      error: { code: "WORKER_UNAVAILABLE", name: "HostFault", message: "No worker can be started.", retry: "safe" },
    });
    expect(outcome.error).not.toHaveProperty("stack");
    expect(exitStatusOf(outcome.status)).toBe(1);
  });

  test.each([new TypeError("unforeseen"), "thrown text", null, undefined])(
    "%p is a fault without a code of its own",
    (thrown) => {
      expect(neverSettled(thrown)).toMatchObject({ status: "crashed", error: { code: "HOST_FAULT", retry: "unsafe" } });
    },
  );
});

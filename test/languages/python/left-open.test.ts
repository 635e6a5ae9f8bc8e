// What an action in Python begins and does not await is dropped at its end, as in every language, and the outcome says so.
import { expect, test } from "@jest/globals";
import { usePython } from "./running.ts";

const { run } = usePython();
const HEAD =
  "import asyncio\nasync def later(context):\n    await asyncio.sleep(1)\n    hand_off_conversation(context, 'late')\n";

const LEFT: Readonly<Record<string, readonly [source: string, message: RegExp]>> = {
  "a task that nothing awaits": [
    `${HEAD}async def execute_action(context):\n    asyncio.create_task(later(context))\n    return 1\n`,
    /was open: 1 task \(begun at x\.py:6:5\)\. It was dropped\. .*\(a task, a coroutine\)/,
  ],
  "two tasks of a group that was not awaited": [
    `${HEAD}async def execute_action(context):\n    asyncio.gather(later(context), later(context))\n    await asyncio.sleep(0)\n    return 1\n`,
    /was open: 2 tasks \(begun at x\.py:6:5\)/,
  ],
  "a coroutine that nothing awaits": [
    `${HEAD}def execute_action(context):\n    later(context)\n    return 1\n`,
    /was open: 1 task \(begun at x\.py:6:1\)/,
  ],
  "a sleep of the library that nothing awaits": [
    `${HEAD}async def execute_action(context):\n    asyncio.sleep(1)\n    return 1\n`,
    /was open: 1 task \(begun at x\.py:6:1\)/,
  ],
  "a timer": [
    `${HEAD}async def execute_action(context):\n    asyncio.get_running_loop().call_later(1, hand_off_conversation, context)\n    return 1\n`,
    /was open: 1 timer\. /,
  ],
  "a task of a loop that the action ran itself": [
    `${HEAD}async def main(context):\n    asyncio.ensure_future(later(context))\ndef execute_action(context):\n    asyncio.run(main(context))\n    return 1\n`,
    /was open: 1 task \(begun at x\.py:6:5\)/,
  ],
};

test.each(Object.entries(LEFT))(
  "%s is named in a warning with its line, and its hand-off is not heard",
  async (_, [source, message]) => {
    const { status, warnings, handoff, returnValue } = await run(source);
    expect([status, returnValue, handoff]).toEqual(["returned", 1, null]);
    expect(warnings).toEqual([{ code: "WORK_LEFT_OPEN", message: expect.stringMatching(message) }]);
  },
);

test.each([
  ["awaited", "    await later(context)\n"],
  ["gathered", "    await asyncio.gather(later(context), later(context))\n"],
  ["in a group of tasks", "    async with asyncio.TaskGroup() as group:\n        group.create_task(later(context))\n"],
  ["with a time limit", "    await asyncio.wait_for(later(context), 5)\n"],
  [
    "cancelled and awaited",
    "    task = asyncio.create_task(later(context))\n    task.cancel()\n    try:\n        await task\n    except asyncio.CancelledError:\n        await later(context)\n",
  ],
] as const)("work that is %s is not left open", async (_, body) => {
  const { status, warnings, handoff } = await run(`${HEAD}async def execute_action(context):\n${body}    return 1\n`);
  expect([status, warnings]).toEqual(["returned", []]);
  expect(handoff).toMatchObject({ reason: "late" });
});

test("a run that raised says what was raised, and nothing of what was open", async () => {
  const { status, warnings } = await run(
    `${HEAD}async def execute_action(context):\n    asyncio.create_task(later(context))\n    1 / 0\n`,
  );
  expect([status, warnings]).toEqual(["threw", []]);
});

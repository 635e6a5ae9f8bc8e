/** Runs lines in a guest, in a process of its own: `{ lines, input, clock }` on standard input, the result on standard output. */
import { text } from "node:stream/consumers";
import { startBoth } from "./both.ts";
import type { GuestOptions } from "./both.ts";

const { lines, input, clock } = JSON.parse(await text(process.stdin)) as {
  lines: string;
  input: unknown;
  clock?: GuestOptions["clock"];
};
await using both = startBoth();
process.stdout.write(JSON.stringify(await both.inGuest(lines, input, clock === undefined ? {} : { clock })));

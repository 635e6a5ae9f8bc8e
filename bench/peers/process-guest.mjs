// Runs in a process of its own for one run: the action and its context come in one line, a host call goes out and its answer comes back as lines.
import { readSync, writeSync } from "node:fs";

let pending = "";

function readLine() {
  const chunk = new Uint8Array(65_536);
  while (!pending.includes("\n")) pending += new TextDecoder().decode(chunk.subarray(0, readSync(0, chunk)));
  const end = pending.indexOf("\n");
  const line = pending.slice(0, end);
  pending = pending.slice(end + 1);
  return line;
}

function writeLine(value) {
  writeSync(1, new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

function ask(conversationId, reason) {
  writeLine({ ask: { conversationId, reason } });
  return readLine();
}

const { code, input } = JSON.parse(readLine());
// oxlint-disable-next-line no-eval -- running code that it was sent is what this process is for
const action = (0, eval)(code);
writeLine({ result: action(input, ask) });

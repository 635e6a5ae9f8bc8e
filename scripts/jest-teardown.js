// No test leaves a process behind: after the last one, none that was started from this checkout is still running.
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const OURS = [
  fileURLToPath(new URL("../dist/", import.meta.url)),
  fileURLToPath(new URL("../languages/compile/child.ts", import.meta.url)),
];
/** Milliseconds that a killed process may take to be gone. */
const GRACE_MS = 3_000;
const PAUSE_MS = 50;

export default async function teardown() {
  const { JEST_SCRATCH: scratch } = process.env;
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  for (let waited = 0; waited < GRACE_MS && leftovers().length > 0; waited += PAUSE_MS) await delay(PAUSE_MS);
  const left = leftovers();
  if (left.length === 0) return;
  // Thrown, it would keep the report of the tests from being written.
  process.stderr.write(`tests left processes behind:\n${left.join("\n")}\n`);
  process.exitCode = 1;
}

/** Command lines of our processes that descend from this one or have lost their parent; none where the system has no /proc. */
function leftovers() {
  return processIds().flatMap((pid) => {
    const command = commandOf(pid);
    return OURS.some((part) => command.includes(part)) && isOfThisRun(pid) ? [`${pid} ${command}`] : [];
  });
}

/** What another run of the tests in the same checkout has started stays. */
function isOfThisRun(pid) {
  let at = parentOf(pid);
  if (at === 1) return true;
  while (at > 1 && at !== process.pid) at = parentOf(at);
  return at === process.pid;
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}

function processIds() {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  } catch {
    return [];
  }
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

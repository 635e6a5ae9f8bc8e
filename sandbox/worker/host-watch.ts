/**
 * Ends this process when its host is gone, where the operating system does not: a guest stuck in a built-in of V8 keeps the main thread from
 * noticing that its channel closed, so a second thread looks at the parent process.
 */
import { getBuiltinModule } from "node:process";

const CODE = `
  const { workerData: host } = require("node:worker_threads");
  const parent = process.ppid;
  // The host may have gone before this thread was there to see its parent change.
  const isGone = () => {
    if (process.ppid !== parent) return true;
    try { process.kill(host, 0); } catch (error) { return error.code === "ESRCH"; }
    return false;
  };
  setInterval(() => { if (isGone()) process.kill(process.pid, "SIGKILL"); }, 500);`;

export function watchHost(host: number): void {
  const limits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 };
  const { Worker } = getBuiltinModule("node:worker_threads");
  new Worker(CODE, { eval: true, resourceLimits: limits, stdin: false, workerData: host }).unref();
}

/** How long the host's event loop stands still when a worker starts does not follow from what the host holds in memory. */
import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const onLinux = process.platform === "linux" ? test : test.skip;

onLinux("a host of 400 MB that replaces looping workers by a launcher has no turn that is worth a start", async () => {
  const host = fileURLToPath(new URL("./turns-host.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", host]);
  const { idle, directly, launched } = JSON.parse(stdout) as Record<"idle" | "directly" | "launched", number>;
  // The host that starts them itself is the control: without a launcher both would be alike.
  expect(directly).toBeGreaterThan(2 * idle);
  expect(launched - idle).toBeLessThan((directly - idle) / 2);
});

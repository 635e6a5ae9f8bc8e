/**
 * Whoever runs the chaos may be killed as well, and then nothing of it may stay: no small file system, no stopped process, no server. All folders
 * of a run lie in one, all its processes carry its name in their environment, and a process of its own waits for the end of the run, however
 * that comes, and clears up.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Begins a run in this process: what is started from now on is cleared up at its end. */
export function hireJanitor(): void {
  const folder = mkdtempSync(join(tmpdir(), "baton-chaos-run-"));
  // The database's user is another one.
  chmodSync(folder, 0o755);
  process.env["TMPDIR"] = folder;
  process.env["CHAOS_RUN"] = folder;
  const { CHAOS_RUN: _run, ...env } = process.env;
  // Its input ends with this process.
  const janitor = spawn(
    process.execPath,
    ["--no-warnings", new URL("janitor-main.ts", import.meta.url).pathname, folder],
    {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      env,
    },
  );
  janitor.unref();
  (janitor.stdin as unknown as { unref(): void }).unref();
}

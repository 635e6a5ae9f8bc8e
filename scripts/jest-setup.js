// A folder for what test files prepare once and share, for as long as the run lasts.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export default function setup() {
  const scratch = mkdtempSync(join(tmpdir(), "baton-scratch-"));
  process.env["JEST_SCRATCH"] = scratch;
  // Compiling its modules is a fifth of what a short command takes.
  process.env["NODE_COMPILE_CACHE"] = join(scratch, "code-cache");
}

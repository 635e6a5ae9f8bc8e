// A folder for what test files prepare once and share, for as long as the run lasts.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export default function setup() {
  process.env["JEST_SCRATCH"] = mkdtempSync(join(tmpdir(), "baton-scratch-"));
}

/** Writes `docs/recording.v1.schema.json` from the schema that recordings are read with. */
import { writeFileSync } from "node:fs";
import { z } from "zod";
import { RECORDING_VERSION, recordingSchema } from "../runtime/journal/recording.ts";

const page = new URL(`../docs/recording.v${RECORDING_VERSION}.schema.json`, import.meta.url);

export function recordingJsonSchema(): string {
  const made = z.toJSONSchema(recordingSchema, { io: "input", unrepresentable: "any" });
  return `${JSON.stringify({ ...made, title: "A recording of one run of an action" }, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(page, recordingJsonSchema());

/** JSON Schemas of the files that authors type, for their editors, made from the very schemas that the files are read with. */
import { z } from "zod";
import { contextSchema } from "../runtime/context.ts";
import { configSchema } from "./config-schema.ts";
import { scenarioFileSchema } from "./scenarios/scenario.ts";

export const SCHEMA_NAMES = ["config", "context", "scenario"] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

const SCHEMAS = {
  config: { title: "baton.config.json", schema: configSchema },
  context: { title: "The context of an action", schema: contextSchema },
  scenario: { title: "Scenarios of an action", schema: scenarioFileSchema },
} as const;

export function jsonSchemaOf(name: SchemaName): Record<string, unknown> {
  const { title, schema } = SCHEMAS[name];
  const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return { ...made, title };
}

/** Which files of a project each schema is for, as editors write it. */
export const SCHEMA_FILES: Readonly<Record<SchemaName, readonly string[]>> = {
  config: ["baton.config.json"],
  context: ["contexts/*.json", "context.json", "*.context.json"],
  scenario: ["*.scenario.json", "*.scenario.yaml", "*.scenario.yml"],
};

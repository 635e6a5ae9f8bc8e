/** Modes of migration: which way a store is opened: looked at before anything is created, so that a role without the right to create can open what is ready. */
import { HostFault } from "../base/fault.ts";
import { judge, newestOf, type SchemaState, type AnySchema } from "./schema.ts";

/** `never`: a store that is behind is refused, and `baton migrate` is a step of its own. */
export type MigrateMode = "auto" | "never";

/** The schemas whose steps are missing. Throws for a store that this release may not use. */
export function missing(
  schemas: readonly AnySchema[],
  states: readonly SchemaState[],
  mode: MigrateMode,
): readonly { readonly schema: AnySchema; readonly from: number }[] {
  const behind = [];
  for (const [at, schema] of schemas.entries()) {
    const state = states[at] as SchemaState;
    switch (judge(schema, state)) {
      case "ready":
        break;
      case "too_new":
        throw new HostFault(
          "STORE_TOO_NEW",
          `The schema "${schema.name}" of the store has version ${state.version}, usable from version ${state.oldestUsable} on; this release knows ${newestOf(schema)} (docs/delivery.md).`,
          "never",
        );
      case "behind":
        if (mode === "never") throw needsMigration(schema, state);
        behind.push({ schema, from: state.version });
    }
  }
  return behind;
}

export function needsMigration(schema: AnySchema, { version }: SchemaState, cause?: unknown): HostFault {
  const message = `The schema "${schema.name}" of the store has version ${version}, this release needs ${newestOf(schema)}: run baton migrate --store ADDRESS as a role that may create tables (docs/delivery.md).`;
  return new HostFault("STORE_NEEDS_MIGRATION", message, "never", { cause });
}

/**
 * Every code that can stand in an Outcome, a diagnostic, a fault of the host or an error that an action catches: one list, so that
 * none is undocumented. `docs/errors.md` is made of it. A code is never reused for another meaning.
 */
import { commandLine } from "./catalogue/command-line.ts";
import { delivering } from "./catalogue/delivering.ts";
import { egress } from "./catalogue/egress.ts";
import type { CatalogueSection } from "./catalogue/entry.ts";
import { calls, compiling, invocation, run, warnings } from "./catalogue/executions.ts";
import { faults } from "./catalogue/faults.ts";
import { findings } from "./catalogue/findings.ts";
import { service } from "./catalogue/service.ts";

export type { CatalogueEntry, CatalogueSection } from "./catalogue/entry.ts";

export const CATALOGUE: readonly CatalogueSection[] = [
  compiling,
  invocation,
  run,
  warnings,
  calls,
  egress,
  faults,
  delivering,
  commandLine,
  findings,
  service,
];

type CodesOf<Section extends CatalogueSection> = keyof Section["codes"] & string;

/** `code` of a warning of an outcome. */
export type WarningCode = CodesOf<typeof warnings>;
/** `code` of a HostFault. */
export type HostFaultCode =
  | CodesOf<typeof faults>
  | CodesOf<typeof delivering>
  | CodesOf<typeof service>
  | CodesOf<typeof commandLine>;
/** `code` of an outcome's error; the command line and the service settle faults of the host as well. */
export type OutcomeErrorCode =
  | CodesOf<typeof compiling>
  | CodesOf<typeof invocation>
  | CodesOf<typeof run>
  | HostFaultCode;
/** `code` of an error that an action catches. */
export type CallErrorCode = CodesOf<typeof calls> | EgressErrorCode;
export type EgressErrorCode = CodesOf<typeof egress>;
/** `code` of what `baton check` finds. */
export type FindingCode = CodesOf<typeof findings>;

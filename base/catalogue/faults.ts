/** The codes of faults of the host: what `execute` and `compile` reject with. */
import { type CatalogueSection, entry } from "./entry.ts";

export const faults = {
  title: "Faults of the host",
  intro:
    "`execute` and `compile` reject with a `HostFault` that has this `code` and says in `retry` whether to try again.",
  codes: {
    OPTIONS_INVALID: entry(
      "An option of a public function is missing, unknown or impossible; the function throws an `OptionsError`, which is a TypeError.",
      "Correct the key that the message names.",
    ),
    RUNTIME_CLOSED: entry("`close()` was called.", "Make a new runtime."),
    SANDBOX_CLOSED: entry("The runtime was closed while the run waited.", "Make a new runtime."),
    COMPILER_CLOSED: entry("The runtime was closed while the action was compiled.", "Make a new runtime."),
    EXECUTION_MISMATCH: entry(
      "The `executionId` was used for another action, context or environment.",
      "Use a new id for a new invocation.",
    ),
    HANDOFFS_UNAVAILABLE: entry(
      "The store of hand-offs does not answer; nothing ran.",
      "Repeat it when the store is back.",
    ),
    ASSETS_MISSING: entry(
      "The files that Baton starts its processes from are not beside its modules, because a bundler took the package apart.",
      "Leave the package out of the bundle: `esbuild --bundle --platform=node --packages=external`.",
    ),
    NODE_UNSUPPORTED: entry(
      "isolated-vm has no build for this version of Node or this machine.",
      "Use Node 24 or 26, on Linux, macOS or Windows, x64 or arm64.",
    ),
    WORKER_UNAVAILABLE: entry(
      "No worker process can be started; nothing ran.",
      "Check the machine's memory and process limits.",
    ),
    WALL_MISSING: entry(
      "A wall that `requireWalls` names does not stand on this machine; nothing was started.",
      "Give the machine or container what the wall stands on (`baton doctor` says what is missing), or do without it.",
    ),
    COMPILER_UNAVAILABLE: entry(
      "No compile process can be started; nothing ran.",
      "Check the machine's memory and process limits.",
    ),
    RECORDING_INVALID: entry(
      "What should be a recording is none: not JSON, cut off, of another version, or with a key or a value that no recording has.",
      "Record the run again; docs/replay.md has every key.",
    ),
    RECORDING_INCOMPLETE: entry(
      "The recording cannot be replayed exactly: it has no source and no action was given, or its run outgrew what is kept.",
      "Name the action it is to be replayed with, or record with the source.",
    ),
  },
} satisfies CatalogueSection;

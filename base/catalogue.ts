/**
 * Every code that can stand in an Outcome, a diagnostic, a fault of the host or an error that an action catches: one list, so that
 * none is undocumented. `docs/errors.md` is made of it. A code is never reused for another meaning.
 */
import { egress } from "./catalogue-egress.ts";
import { service } from "./catalogue-service.ts";

export interface CatalogueEntry {
  readonly meaning: string;
  /** What to do about it. */
  readonly remedy: string;
}

export interface CatalogueSection {
  readonly title: string;
  readonly intro: string;
  readonly codes: Readonly<Record<string, CatalogueEntry>>;
}

const entry = (meaning: string, remedy: string): CatalogueEntry => ({ meaning, remedy });

const compiling = {
  title: "The action does not compile",
  intro:
    "Status `invalid`, and diagnostics of `compile`. Nothing of the action ran; the same source will not do better.",
  codes: {
    SYNTAX_ERROR: entry(
      "The source is not the language that its file's name says: TypeScript, JavaScript or Python.",
      "Correct the line that the frame shows.",
    ),
    LANGUAGE_UNAVAILABLE: entry(
      "The action is in a language whose package is not installed, or does not fit this version.",
      "Install it: the message has the command.",
    ),
    TOP_LEVEL_AWAIT: entry("The module awaits while it loads.", "Move the `await` into `execute_action`."),
    ENTRY_MISSING: entry("No `execute_action`, `executeAction` or default function is exported.", "Export one."),
    ENTRY_NOT_A_FUNCTION: entry("What is exported under that name is no function.", "Export a function."),
    IMPORT_REFUSED: entry(
      "An import leads where actions may not import from: a module of Node, an address, a folder outside the root.",
      "Import files below the root, or packages that the host allows.",
    ),
    IMPORT_NOT_FOUND: entry(
      "An imported file is not there, or cannot be read.",
      "Correct the path, and mind the case of letters.",
    ),
    PACKAGE_UNAVAILABLE: entry(
      "An imported package is not allowed, or not installed in the allowed version.",
      "Have the host allow its exact version and install it, or do without it.",
    ),
    SOURCE_NOT_TEXT: entry("A source file is binary or not UTF-8.", "Save it as UTF-8 text."),
    SOURCE_TOO_LARGE: entry(
      "A source file is larger than `sourceBytes`.",
      "Make it smaller, or have the host raise the limit.",
    ),
    BUNDLE_TOO_LARGE: entry(
      "The compiled action is larger than `bundleBytes`.",
      "Import less, or have the host raise the limit.",
    ),
    ACTION_UNREADABLE: entry("The action's file cannot be read.", "Check the path and its permissions."),
    ACTION_UNKNOWN: entry(
      "Nothing was compiled under that hash by this runtime.",
      "Call `compile` first, or give the source.",
    ),
    COMPILE_TIMEOUT: entry("Compiling took longer than `compileMs`.", "Make the source smaller or less nested."),
    COMPILE_OUT_OF_MEMORY: entry("Compiling took too much memory.", "Make the source smaller or less nested."),
    COMPILE_CRASHED: entry("The source made the compiler crash.", "Look for very deep nesting."),
    COMPILE_WARNING: entry(
      "The action compiles, with something odd in it; a diagnostic, never an outcome.",
      "Look at the line.",
    ),
  },
} satisfies CatalogueSection;

const invocation = {
  title: "The invocation is not valid",
  intro: "Status `invalid`. Nothing ran.",
  codes: {
    INVOCATION_INVALID: entry(
      "A key of the invocation is missing, unknown or of the wrong type.",
      "Correct the key that is named.",
    ),
    CONTEXT_INVALID: entry("The context breaks its schema, or is no JSON.", "Correct the key that is named."),
    ARGS_INVALID: entry(
      "`context.args` breaks the schema that the invocation holds them to (`argsSchema`).",
      "Correct the argument that is named.",
    ),
    CONTEXT_TOO_LARGE: entry("The context is larger than `contextBytes`.", "Send fewer messages, or raise the limit."),
  },
} satisfies CatalogueSection;

const run = {
  title: "The run did not return",
  intro: "`retry` says whether the same invocation may be repeated. What was handed off before stands.",
  codes: {
    ACTION_THREW: entry(
      "The action threw, or its promise was rejected. Status `threw`.",
      "See the stack and the frame.",
    ),
    RESULT_NOT_JSON: entry(
      "The result cannot be written as JSON: a BigInt, a cycle. Status `threw`.",
      "Return plain data.",
    ),
    RESULT_TOO_LARGE: entry(
      "The result is larger than `returnBytes`. Status `threw`.",
      "Return what the bot needs and no more.",
    ),
    WALL_LIMIT: entry(
      "It took longer than `wallMs`. Status `timed_out`.",
      "Look for an endless loop, or a promise that nobody settles.",
    ),
    CPU_LIMIT: entry(
      "It computed longer than `cpuMs`. Status `timed_out`.",
      "Compute less, or have the host raise the limit.",
    ),
    OUT_OF_MEMORY: entry("It used more than `memoryMiB`. Status `out_of_memory`.", "Keep less at once."),
    WORKER_CRASHED: entry("The run took its worker process down. Status `crashed`.", "Report it, with the action."),
    WORKER_LOST: entry(
      "Its worker process died through no fault of its own. Status `crashed`.",
      "Repeat it if `retry` is `safe`.",
    ),
    CANCELLED: entry("The host's signal ended it. Status `cancelled`.", "None."),
    QUEUE_FULL: entry(
      "Too many runs of its tenant were waiting, or too many of its actions to be compiled. Status `refused`; it never began.",
      "Repeat it later.",
    ),
  },
} satisfies CatalogueSection;

const warnings = {
  title: "Warnings",
  intro: "In `warnings` of an outcome, whatever its status, and without details in the host's log.",
  codes: {
    HANDOFF_REJECTED: entry(
      "Every call of `hand_off_conversation` was rejected and nobody was handed off; the action may have told the customer otherwise.",
      "Read `intents` for why, and check `success` in the action.",
    ),
    HANDOFF_UNKNOWN: entry(
      "The store never said whether the hand-off was recorded; it counts as handed off.",
      "Check the store.",
    ),
    STANDING_UNKNOWN: entry(
      "The store did not say where the conversation stands at the end of the run; it counts as handed off.",
      "Check the store, then ask `canReply` before the bot says anything.",
    ),
    PURGED: entry("The personal data of this outcome was erased.", "None."),
    HANDOFF_CALLS_EXCEEDED: entry("More calls than `handOffCalls`; those past it recorded nothing.", "Call it once."),
    WORK_LEFT_OPEN: entry(
      "The run returned while work of its own was still open: a timer, a call or a promise that nothing waited for.",
      "Await what has to happen before the action returns.",
    ),
    RESULT_EMPTIED: entry(
      "A part of the result was an object of which JSON keeps nothing (a generator, a Response, a Map, a promise), so it became `{}`.",
      "Return plain data: what the object holds.",
    ),
    TRANSFER_REFUSED: entry(
      "The provider refused the transfer; it became an ordinary hand-off.",
      "Check the number, and that the call was live.",
    ),
    TRANSFER_UNKNOWN: entry(
      "The provider's answer is unknown; the transfer is not tried again.",
      "Check with the provider.",
    ),
  },
} satisfies CatalogueSection;

const calls = {
  title: "Errors that an action can catch",
  intro: "`code` of an error that a call to the host threw inside the action.",
  codes: {
    ARGUMENTS_BAD: entry(
      "A built-in of the platform was called with something that it cannot read.",
      "Correct the call.",
    ),
    TIMERS_SPENT: entry("More than 1,000 timers wait at once.", "Clear timers that are not needed."),
    COMPRESSION_BAD: entry(
      "What a `DecompressionStream` was given is malformed, cut off, or followed by something else.",
      "Decompress what the server sent, whole, in its format.",
    ),
    COMPRESSION_UNAVAILABLE: entry(
      "A `DecompressionStream` of Brotli, on a Node whose decoder has a known hole.",
      "Have the host update Node (`baton doctor` says which), or use gzip.",
    ),
    CALL_TOO_COSTLY: entry(
      "A call of the platform (hashing, key derivation, compression, decoding, queries) would compute for longer than the run may; it did not begin.",
      "Give it less to do: fewer iterations, smaller data, or have the host raise `cpuMs`.",
    ),
    COMPRESSION_TOO_LARGE: entry(
      "More than 8 MiB to compress or decompress, or more than 16 MiB that comes of it.",
      "Compress in parts, or ask for less.",
    ),
    SECRET_MISSING: entry(
      "The action reads a secret that the run does not have.",
      'Correct its name, name it under `secrets` in `baton.config.json`, and give its value; `"NAME" in secrets` asks first.',
    ),
    ARGUMENTS_TOO_LARGE: entry("The arguments of one call are larger than `argumentBytes`.", "Send less."),
    CALL_BUDGET_SPENT: entry("The run has used up its calls.", "Make fewer calls."),
    RUN_ENDED: entry(
      "The action had returned when it asked something of the host; it was not heard.",
      "Write `await` before what has to be done, and return afterwards.",
    ),
    CALL_UNKNOWN: entry("The host offers no such function.", "Update the package on both sides."),
    HOST_FUNCTION_FAILED: entry("The host failed to answer; it tells the action no more.", "Read the host's log."),
  },
} satisfies CatalogueSection;

const faults = {
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
  },
} satisfies CatalogueSection;

const commandLine = {
  title: "The command line",
  intro: "Exit status 2 and, with `--json`, an outcome with status `invalid`; `HOST_FAULT` is exit status 1.",
  codes: {
    BAD_FLAG: entry("A flag or argument is missing, unknown or has a bad value.", "See `baton run --help`."),
    NODE_TOO_OLD: entry("The command was started with a Node that is too old.", "Install Node 24 or 26."),
    FILE_UNREADABLE: entry("A file that was named cannot be read, or is not text.", "Check the path."),
    CONTEXT_NOT_JSON: entry("The context is not JSON.", "Correct the line and column that are named."),
    CONFIG_INVALID: entry(
      "`baton.config.json` is not JSON, or a key is unknown or has a bad value.",
      "Correct the key that is named.",
    ),
    ENV_FILE_INVALID: entry("The file of `--env-file` gives a secret no value.", "Add a line `NAME=value`."),
    SCENARIO_INVALID: entry(
      "A scenario file cannot be read as scenarios: its syntax, a key or a value is wrong.",
      "Correct what is named; docs/scenarios.md has every key.",
    ),
    SCENARIO_MISSING: entry(
      "There is no scenario where one was looked for.",
      "Put a `NAME.scenario.json` beside the action.",
    ),
    ACTION_MISSING: entry("There is no action in the folder.", "Export `execute_action(context)` from a file in it."),
    FILE_UNWRITABLE: entry("A file cannot be written.", "Check the path and its permissions."),
    HOST_FAULT: entry("Something failed that is not the action's fault and has no code of its own.", "Report it."),
  },
} satisfies CatalogueSection;

const delivering = {
  title: "Delivery of hand-offs",
  intro: "Faults of `openHandoffs` and of the store, warnings in its log, and why a destination was refused.",
  codes: {
    STORE_ADDRESS_INVALID: entry(
      "The address of the store is none of `memory:`, `sqlite:PATH`, `postgres://…`, or has a parameter that is not known.",
      "Correct it.",
    ),
    STORE_DRIVER_MISSING: entry("A `postgres://` store needs the package `pg`.", "Install it beside `baton-runtime`."),
    STORE_TOO_NEW: entry("A newer release has written this store.", "Update `baton-runtime`."),
    STORE_NEEDS_MIGRATION: entry(
      "The store's tables are older than this release, and it was not to change them, or its role may not.",
      "Run `baton migrate --store ADDRESS` as a role that may create tables; docs/delivery.md has the order of an upgrade.",
    ),
    STORE_ENCODING_REFUSED: entry(
      "The PostgreSQL database is not encoded as UTF8, so it could not hold every reason.",
      "Create the database with encoding 'UTF8'.",
    ),
    CURSOR_INVALID: entry("`after` is no cursor that was given out.", "Give the cursor of a change or a row."),
    STORE_REFUSED: entry(
      "The store will never take this: a right, a constraint or a table is not as it should be. Nothing happened.",
      "Read the message; asking again gets the same answer.",
    ),
    STORE_FULL: entry("The store's disk is full; nothing happened.", "Make room; it goes on by itself."),
    STORE_DAMAGED: entry(
      "The store's file or a page of it is damaged.",
      "Stop, keep a copy, and restore the last good one; `pragma integrity_check` says what is left.",
    ),
    STORE_UNAVAILABLE: entry("The store did not open or did not take it; nothing happened.", "Try again."),
    STORE_ANSWER_LOST: entry(
      "The store's answer to a commit never came; it is read back.",
      "Look at the conversation, or at the outbox.",
    ),
    HANDOFFS_CLOSED: entry("The hand-offs were closed while an execution waited.", "Open them again."),
    HANDOFF_OUTSIDE_PRODUCTION: entry("A test or mock run tried to record a hand-off.", "Report it."),
    TENANT_DEFAULT: entry(
      "A durable store was given hand-offs without a tenant; a warning in the log, once.",
      "Give `tenant` to `execute`.",
    ),
    EXECUTION_LOST: entry(
      "The host that ran this execution died; what it had recorded stands.",
      "Look at its intents before repeating it under a new id.",
    ),
    OUTBOX_NO_SUCH_ROW: entry("The outbox has no row of that id.", "See `baton outbox list`."),
    OUTBOX_REFUSED: entry(
      "The row may not be changed like that: a dial is never repeated.",
      "See `baton outbox show`.",
    ),
    PROVIDER_SDK_MISSING: entry("The provider needs a package that is not installed.", "Install what it names."),
    TWILIO_INVALID: entry("An option of the Twilio provider is not valid.", "Correct what is named."),
    WEBHOOK_INVALID: entry("An option of the webhook provider is not valid.", "Correct what is named."),
    DESTINATION_REFUSED: entry("The tenant's policy refuses this number.", "Allow it, or hand off without a number."),
    DESTINATION_NOT_LISTED: entry("Only listed numbers may be called, and this is none.", "Add it to the policy."),
    DESTINATION_PREMIUM: entry("Premium-rate and similar numbers are refused.", "Allow the type in the policy."),
    DESTINATION_POLICY_INVALID: entry(
      "The tenant's policy has an entry that is no number, so it may have been meant for this one.",
      "Write the policy's numbers as `+` and digits, prefixes with `*` at the end.",
    ),
    DESTINATION_POLICY_UNAVAILABLE: entry(
      "The function that gives the tenant's policy threw, or did not answer in time; no call is transferred without it.",
      "Look at what that function does.",
    ),
    DESTINATION_COUNTRY: entry("Numbers of this country may not be called.", "Allow the country in the policy."),
  },
} satisfies CatalogueSection;

const findings = {
  title: "What `baton check` finds",
  intro: "Exit status 1. Each has a page in `docs/rules/`.",
  codes: {
    PHONE_NOT_E164: entry("A phone number in the source is not E.164.", "Write it as `+` and digits alone."),
    REASON_TOO_LONG: entry("A reason in the source is longer than 500 characters.", "Say it in fewer."),
    CONTEXT_NOT_PASSED: entry(
      "`hand_off_conversation` is called without the context, so nobody is called.",
      "Pass the context first.",
    ),
    CODE_AFTER_TRANSFER: entry(
      "Work is done after a phone transfer was asked for, which nobody may be there to see.",
      "Do it before.",
    ),
    AWAIT_MISSING: entry(
      "The promise of an async function is used as if it were its value.",
      "Put `await` before the call.",
    ),
    SCHEMA_UNREADABLE: entry(
      "A type of an action's args cannot be read as JSON Schema; any value is taken for it.",
      "Use types that JSON has, or a class of them.",
    ),
    UNKNOWN_NAME: entry(
      "A name is defined nowhere, or a global, a key of the context or a secret is misspelt, or the configuration does not name the secret.",
      "Write it as the finding says.",
    ),
    AWAITED_IN_TURN: entry(
      "Promises that were started together are awaited one after another: one that fails meanwhile ends the run.",
      "Await them together, with `Promise.all`.",
    ),
    KEYWORD_ARGUMENT: entry(
      "An argument is written as in Python, by name, which JavaScript reads as an assignment.",
      "Give one object of options instead.",
    ),
    TYPE_ERROR: entry("TypeScript finds a mistake.", "Correct the line that is shown."),
  },
} satisfies CatalogueSection;

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

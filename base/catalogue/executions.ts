/** The codes of one execution, in its order: compiling, the invocation, the run, warnings of its outcome, and errors that the action can catch. */
import { type CatalogueSection, entry } from "./entry.ts";

export const compiling = {
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

export const invocation = {
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

export const run = {
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
      "Look for an endless loop, or a promise that never settles.",
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
      "Too many runs of its tenant were waiting, or too many of its actions to be compiled, by number or by bytes. Status `refused`, and 429 of the service; it never began.",
      "Repeat it later.",
    ),
    QUEUE_TIMEOUT: entry(
      "It waited longer than `queueMs` for its turn. Status `refused`, and 429 of the service; it never began.",
      "Repeat it later; raise the tenant's bound, or give the host more processors.",
    ),
  },
} satisfies CatalogueSection;

export const warnings = {
  title: "Warnings",
  intro: "In `warnings` of an outcome, whatever its status, and without details in the host's log.",
  codes: {
    HANDOFF_REJECTED: entry(
      "Every call of `hand_off_conversation` was rejected, so no human comes; the action may have promised one to the customer.",
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

export const calls = {
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
      "The action had returned when it asked something of the host; the call did nothing.",
      "Write `await` before what has to be done, and return afterwards.",
    ),
    CALL_UNKNOWN: entry("The host offers no such function.", "Update the package on both sides."),
    REPLAY_NO_ANSWER: entry(
      "In a replay with changed code: the action asked for something that the recording has no answer to.",
      "Nothing: the comparison names the request.",
    ),
    HOST_FUNCTION_FAILED: entry(
      "The host failed to answer; the action learns no more than that.",
      "Read the host's log.",
    ),
  },
} satisfies CatalogueSection;

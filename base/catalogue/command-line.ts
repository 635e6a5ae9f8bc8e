/** The codes of the command line. */
import { type CatalogueSection, entry } from "./entry.ts";

export const commandLine = {
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
    RECORDING_MISSING: entry(
      "There is no recording in the folder.",
      "Record runs with `baton run --record NAME.recording.json` or `createRuntime({ record })`.",
    ),
    FILE_UNWRITABLE: entry("A file cannot be written.", "Check the path and its permissions."),
    PAGE_FORBIDDEN: entry(
      "The page of `baton dev` was asked by another site, under another name, or without its token.",
      "Open the address that `baton dev` prints, or press o.",
    ),
    PAGE_REQUEST_INVALID: entry(
      "The page of `baton dev` was asked for something that it has not, or that does not fit where a conversation stands.",
      "Do what the message says; docs/page.md describes the page.",
    ),
    PORT_TAKEN: entry(
      "A port that a command is to listen on is taken, or not this user's to take.",
      "Name another; 0 takes any that is free.",
    ),
    HOST_FAULT: entry("Something failed that is not the action's fault and has no code of its own.", "Report it."),
  },
} satisfies CatalogueSection;

/** Hints: what to use instead of something that actions do not have: said where an action died of it. */
const HTTP = "use requests or urllib.request";

/** Names of other languages, and of Python before 3, that people write from habit. */
const NAMES: Readonly<Record<string, string>> = {
  null: "In Python it is None.",
  undefined: "In Python it is None.",
  true: "In Python it is True.",
  false: "In Python it is False.",
  console: "In Python, print() writes to the run's log.",
  fetch: `There is no fetch here: ${HTTP}.`,
  require: "In Python it is import.",
  process: "There is no process here: secrets come in os.environ, configuration in context['args'].",
  unicode: "In Python 3 it is str.",
  xrange: "In Python 3 it is range.",
  raw_input: "An action has no standard input: what it needs comes in its context.",
  handoff_conversation: "It is hand_off_conversation.",
  handOffConversation: "In Python it is hand_off_conversation.",
  transferConversation: "It is hand_off_conversation.",
};

type Rule = (name: string, message: string) => string | null;

const RULES: readonly Rule[] = [
  (name, message) => {
    const missing = name === "NameError" ? /name '([^']+)' is not defined/.exec(message)?.[1] : undefined;
    return missing !== undefined && Object.hasOwn(NAMES, missing) ? NAMES[missing]! : null;
  },
  (name) =>
    name === "FileNotFoundError" || name === "PermissionError"
      ? "There are no files here but what an action writes into /tmp itself; what it needs comes in its context or over HTTP"
      : null,
  (name, message) =>
    name === "OSError" && message.includes("Read-only file system")
      ? "An action can write below /tmp only, and what it writes there is gone after the run"
      : null,
  (name, message) =>
    name === "OSError" && message.includes("No space left")
      ? "Files in /tmp are kept in memory, and count against the run's limit (memoryMiB)"
      : null,
  (name, message) =>
    name === "RuntimeError" && message.includes("can't start new thread")
      ? "An action has one thread: use asyncio, or do one thing after the other"
      : null,
  (name) => (name === "SystemExit" ? "Return from execute_action instead of exiting" : null),
  (name, message) =>
    name === "TypeError" && /execute_action\(\) (?:takes|missing)/.test(message)
      ? "execute_action is called with one argument, the context"
      : null,
  (name, message) =>
    name === "KeyError" && /^'(?:args|conversation|business|customer)'$/.test(message)
      ? "The context that the host gave has no such part: use context.get(…) for what may be missing"
      : null,
];

/** Null where nothing better is known than the error itself. */
export function hintFor(errorName: string, message: string): string | null {
  for (const rule of RULES) {
    const hint = rule(errorName, message);
    if (hint !== null) return hint;
  }
  return null;
}

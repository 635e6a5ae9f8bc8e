/**
 * The sentences that an action gets back from `hand_off_conversation`. They are for the author who logs them: what happened, and what to do.
 * None repeats a reason, a number or an id: authors put them into logs.
 */
export const message = {
  recorded: {
    handoff: "The conversation is handed off to a human; the bot answers no further messages in it.",
    phone_transfer: "The live call is being transferred to the given number; the bot stops talking.",
  },
  reasonNote: {
    kept: "",
    cut: " The reason was over 500 characters long and was cut to 500.",
    left_out: " The reason was left out because it is not a string.",
  },
  misspelt: (option: string, key: string | null): string =>
    ` The option is called ${option}${key === null ? "" : `, not ${key}`}.`,
  oneKeyTooMany: " An options object has the keys reason and phone_destination and no other.",
  alreadyHandedOff: "The conversation is already handed off; nothing changed.",
  skipped: (environment: "test" | "mock"): string =>
    `Skipped: this is the ${environment} environment, so nobody is handed off for real.`,
  notE164:
    "Not handed off: phone_destination is not an E.164 phone number. It starts with + and the country code, and has at most 15 digits and nothing else, " +
    "like +15551234567. Call again with such a number, or without one for a standard hand-off.",
  noConversation: "Not handed off: this run belongs to no conversation, so there is nothing to hand off.",
  badContext: {
    missing:
      "Not handed off: the context is missing. Pass the context that execute_action received as the first argument.",
    not_an_object:
      "Not handed off: the context is not an object. Pass the context that execute_action received as the first argument.",
    no_conversation:
      "Not handed off: the context names no conversation. Pass the context that execute_action received as the first argument.",
    unreadable:
      "Not handed off: reading the context failed. Pass the context that execute_action received as the first argument.",
    other_conversation:
      "Not handed off: the context is of another conversation than this run. Pass the context that execute_action received as the first argument.",
  },
  refused: "Not handed off: the hand-off was refused, and nothing was recorded.",
  recordingFailed:
    "Not handed off: recording the hand-off failed, and nothing was recorded. Calling again may succeed.",
  unknown:
    "Recording the hand-off failed without a clear answer: it may or may not have been recorded. Until that is clear the conversation counts as handed off.",
  tooManyCalls: "Not handed off: this run has used up its calls of hand_off_conversation.",
  unreadableCall: "Not handed off: the call could not be read.",
  ended: "Not handed off: the run is over.",
} as const;

/**
 * Input errors: what a person typed or pointed at cannot be used. The message is one sentence that stands on its own: it names the flag, file or
 * key and says what was expected; no stack trace of ours ever goes with it.
 */
export type InputErrorCode =
  | "BAD_FLAG"
  | "NODE_TOO_OLD"
  | "FILE_UNREADABLE"
  | "CONTEXT_NOT_JSON"
  | "CONFIG_INVALID"
  | "ENV_FILE_INVALID"
  | "SCENARIO_INVALID"
  | "SCENARIO_MISSING"
  | "ACTION_MISSING"
  | "FILE_UNWRITABLE"
  | "RECORDING_INVALID"
  | "RECORDING_INCOMPLETE"
  | "RECORDING_MISSING"
  | "PAGE_REQUEST_INVALID"
  | "PORT_TAKEN";

export class InputError extends Error {
  readonly code: InputErrorCode;
  constructor(code: InputErrorCode, message: string) {
    super(message);
    this.name = "InputError";
    this.code = code;
  }
}

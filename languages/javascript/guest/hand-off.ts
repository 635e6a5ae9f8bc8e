/**
 * The guest's half of `hand_off_conversation`: installs the global, reads the arguments, and lets only little cross to the host.
 * It shares its realm with the action. So everything that the action could have patched is taken from the bridge's primordials, JSON text is
 * put together from strings (an inherited `toJSON` or setter must not see or change it), and whatever reading the arguments throws
 * ends in an answer. Nothing here decides anything: the host does, and trusts none of it.
 */
import { callReader } from "./read-call.ts";
import type { ReadPrimordials } from "./read-call.ts";

/** The part of the sandbox's bridge that is used here. */
export interface HandOffBridge {
  call(name: string, argsJson: string): unknown;
  phase(): "preparing" | "loading" | "running" | "ended";
  noteLate(): void;
  onStart(listener: (data: unknown) => void): void;
  readonly primordials: ReadPrimordials & {
    readonly defineGlobal: (name: string, descriptor: PropertyDescriptor) => void;
  };
}

interface Answer {
  readonly success: boolean;
  readonly message: string;
}

const NAME = "hand_off_conversation";
const LOADING =
  "hand_off_conversation was called while the action's module was loading. Call it inside execute_action, where the run has begun.";
const ENDED = "Not handed off: the run is over.";
const UNCONFIRMED = "The hand-off could not be confirmed: the host gave no answer to the call.";

export default function install(bridge: HandOffBridge): void {
  const { defineGlobal, hasOwn } = bridge.primordials;
  const readCall = callReader(bridge.primordials);
  const PristineError = Error;
  // Until the host says otherwise its own budget for calls is the limit.
  let limit = Infinity;
  let calls = 0;
  let pastLimit: Answer | null = null;

  const own = (value: unknown, key: string): unknown =>
    typeof value === "object" && value !== null && hasOwn(value, key)
      ? (value as Record<string, unknown>)[key]
      : undefined;

  bridge.onStart((data) => {
    const given = own(data, "handOffCalls");
    if (typeof given === "number") limit = given;
    calls = 0;
    pastLimit = null;
  });

  const cross = (text: string): Answer => {
    try {
      const answer = bridge.call(NAME, text);
      const message = own(answer, "message");
      if (typeof message === "string") return { success: own(answer, "success") === true, message };
    } catch {
      // The host could not be reached, or refused the call: the answer below says as much.
    }
    return { success: false, message: UNCONFIRMED };
  };

  const surface = {
    // A method, so that it is no constructor, like other built-in functions.
    hand_off_conversation(this: void, context: unknown, reason: unknown, phone_destination: unknown): Answer {
      const phase = bridge.phase();
      if (phase === "ended") {
        bridge.noteLate();
        return { success: false, message: ENDED };
      }
      if (phase !== "running") throw new PristineError(LOADING);
      calls += 1;
      if (calls <= limit) return cross(readCall(context, reason, phone_destination));
      pastLimit ??= cross('{"overflow":true}');
      return { success: pastLimit.success, message: pastLimit.message };
    },
  };

  defineGlobal(NAME, {
    value: surface.hand_off_conversation,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

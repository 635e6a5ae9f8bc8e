/** The history of a simulated conversation, in order, as data: what the page draws, and what a scenario file is made of. */
import type { ConversationState } from "../../delivery/index.ts";
import type { Environment, Json, Outcome } from "../../runtime/index.ts";
import type { CannedAnswer } from "../scenarios/scenario.ts";
import type { Step } from "../scenarios/steps.ts";

export type SimulatedChannel = "chat" | "email" | "phone";

export type Entry = { readonly id: number; /** By the conversation's own clock, ISO 8601. */ readonly at: string } & (
  | MessageEntry
  | CallEntry
  | RunEntry
  | HumanEntry
);

export interface MessageEntry {
  readonly type: "message";
  readonly sender: "customer" | "bot" | "agent";
  readonly channel: SimulatedChannel;
  readonly content: string;
  /** A bot that spoke although it must not: why it must not. Such a message reached the customer and stands in the history all the same. */
  readonly caught: string | null;
}

/** What became of the telephone. */
export interface CallEntry {
  readonly type: "call";
  readonly what:
    | "rang"
    | "pressed"
    | "hung_up"
    | "dialling"
    | "refused"
    | "no_provider_answer"
    | "ringing"
    | "answered"
    | "voicemail"
    | "declined"
    | "busy"
    | "no_answer"
    | "caller_hung_up"
    | "unreported";
  /** The number that is called, or the key that was pressed. */
  readonly detail: string | null;
}

export interface RunEntry {
  readonly type: "run";
  readonly turn: Turn;
}

/** One action that the bot called, with all that a scenario of it needs. */
export interface Turn {
  /** Path of the file. */
  readonly action: string;
  readonly context: Json;
  readonly environment: Environment;
  readonly now: string;
  readonly seed: string;
  readonly handedOff: boolean;
  readonly epoch: number;
  /** What the provider said of a transfer that was dialled. */
  readonly transfer: "accepted" | "refused" | "unknown" | null;
  readonly http: readonly CannedAnswer[];
  readonly sent: readonly { readonly method: string; readonly url: string; readonly body: string }[];
  readonly unanswered: readonly string[];
  readonly outcome: Outcome;
  readonly steps: readonly Step[];
}

export interface HumanEntry {
  readonly type: "human";
  readonly what: "told" | "took_over" | "handed_back";
  /** Of the conversation from now on. */
  readonly epoch: number;
  readonly detail: string | null;
}

/** The caller's side of the telephone. */
export type CallerState =
  | "none"
  | "with_bot"
  | "transferring"
  | "ringing"
  | "with_human"
  | "with_voicemail"
  | "waiting"
  | "over";

export interface ConversationView {
  readonly id: string;
  readonly channel: SimulatedChannel;
  readonly subject: string | null;
  readonly customer: string;
  readonly botNumber: string;
  readonly history: readonly Entry[];
  /** The ledger's word. */
  readonly state: ConversationState;
  readonly epoch: number;
  readonly code: string | null;
  /** Whether the bot may say something now, and the sentence that says why. */
  readonly botMay: { readonly speak: boolean; readonly why: string };
  readonly caller: CallerState;
  /** Milliseconds of the call so far; it counts on while `caller` says that there is one. */
  readonly callMs: number;
  readonly ringing: { readonly number: string; readonly leftMs: number; readonly seconds: number } | null;
  readonly running: string | null;
  readonly now: string;
  readonly environment: Environment;
  readonly carrier: Carrier;
  readonly ringSeconds: number;
  readonly http: readonly CannedAnswer[];
  /** What an action would be given now, without its own args. */
  readonly context: Json;
}

/** What the telephone company does with a transfer. */
export type Carrier = "accepts" | "refuses" | "never_answers";

/** What can be set in a conversation; what is left out stays. */
export interface Settings {
  readonly channel?: SimulatedChannel | undefined;
  /** Null for the real time. */
  readonly now?: string | null | undefined;
  readonly environment?: Environment | undefined;
  readonly carrier?: Carrier | undefined;
  readonly ringSeconds?: number | undefined;
  readonly http?: readonly CannedAnswer[] | undefined;
  readonly subject?: string | undefined;
}

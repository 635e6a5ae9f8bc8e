/**
 * Globals of an action: what authors of actions see. Names its types twice: as globals, for actions that import nothing, and as exports,
 * for `import type { ActionContext } from "baton-runtime/globals"`. Needs neither Node's nor the browser's types.
 */
export type ActionContext<Args = Record<string, unknown>> = globalThis.ActionContext<Args>;
export type ActionConversation = globalThis.ActionConversation;
export type ActionMessage = globalThis.ActionMessage;
export type ActionCall = globalThis.ActionCall;
export type ActionBusiness = globalThis.ActionBusiness;
export type ActionCustomer = globalThis.ActionCustomer;
export type ActionBrowserSession = globalThis.ActionBrowserSession;
export type HandOffContext = globalThis.HandOffContext;
export type HandOffOptions = globalThis.HandOffOptions;
export type HandOffResult = globalThis.HandOffResult;

declare global {
  /**
   * Hands the conversation to a human. Waits until that is recorded, and never throws for bad arguments: look at `success`.
   * From then on the bot answers no further messages of the conversation; what `execute_action` returns still reaches the bot this once.
   *
   * On the phone channel a `phone_destination` transfers the live call to that number instead. The bot then stops talking, and the value that
   * `execute_action` returns is thrown away; return the same shape as always, so that the action works on every channel.
   * On other channels the number is ignored.
   *
   * A conversation that is already handed off stays as it is, and the answer is success. In the test and mock environments nothing is handed off.
   * Throws only if it is called outside `execute_action`, while the module loads.
   *
   * @param context The context that `execute_action` received, or a copy of it.
   * @param reason What the human should know, up to 500 characters; what is longer is cut.
   * @param phone_destination E.164 number for a live call, such as "+15551234567".
   *
   * @example
   * hand_off_conversation(context, "Order flagged for fraud review");
   */
  function hand_off_conversation(
    context: HandOffContext,
    reason?: string | null,
    phone_destination?: string | null,
  ): HandOffResult;
  /**
   * The same with named values. A `phone_destination` given by position wins over the one among the options.
   *
   * @example
   * hand_off_conversation(context, { phone_destination: "+15551234567" });
   */
  function hand_off_conversation(
    context: HandOffContext,
    options: HandOffOptions,
    phone_destination?: string | null,
  ): HandOffResult;
  /**
   * The same with named values. A `reason` given by position wins over the one among the options.
   *
   * @example
   * hand_off_conversation(context, "Asked for a human", { phone_destination: "+15551234567" });
   */
  function hand_off_conversation(
    context: HandOffContext,
    reason: string | null | undefined,
    options: HandOffOptions,
  ): HandOffResult;

  /**
   * Placeholders of the secrets that the host gave, by name: for request headers, where the host puts the value in. Reading one that the host
   * did not give throws; `"NAME" in secrets` asks first.
   */
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- projects add to it
  const secrets: Readonly<BatonSecrets>;

  /** The secrets of a project, made from `baton.config.json` by `baton init`, `check` and `dev`. */
  interface BatonSecrets {}

  interface SecretPlaceholder {
    toString(): string;
    /** The value of an `authorization` header for this user, with the secret as the password. */
    basic(user: string): string;
  }

  /** What `hand_off_conversation` answers. */
  interface HandOffResult {
    /** Whether the conversation is handed off now: by this call, or already before it. Skipped in a test counts as success. */
    success: boolean;
    /** What happened, in a sentence for the author. */
    message: string;
  }

  /** At least one of the two, and no other key. */
  type HandOffOptions =
    | { readonly reason: string | null | undefined; readonly phone_destination?: string | null | undefined }
    | { readonly reason?: string | null | undefined; readonly phone_destination: string | null | undefined };

  /** Any object with the conversation's id serves; the conversation and its channel are always those of the run. */
  interface HandOffContext {
    readonly conversation?: { readonly id: string } | null | undefined;
  }

  /**
   * What `execute_action` receives: its own copy, which it may change. Keys that are not listed here are kept as they came. Where a platform
   * sends keys of its own, declare them once, in a `.d.ts` file of the project or in the action:
   *
   * @example
   * declare global {
   *   interface ActionConversation { queue?: string }
   * }
   */
  interface ActionContext<Args = Record<string, unknown>> {
    /** Null or missing where the action runs outside a conversation. */
    conversation?: ActionConversation | null;
    business?: ActionBusiness | null;
    customer?: ActionCustomer | null;
    /** The arguments of this call. */
    args: Args;
    browser_session?: ActionBrowserSession | null;
  }

  interface ActionBusiness {
    name?: string;
    slug?: string;
  }

  /** What the platform knows of the customer; its keys are the platform's. */
  interface ActionCustomer {
    [key: string]: unknown;
  }

  interface ActionBrowserSession {
    [key: string]: unknown;
  }

  interface ActionConversation {
    id: string;
    publicId?: string;
    subject?: string | null;
    businessSlug?: string;
    initialChannel?: string | null;
    /** Where the customer is now: "phone", "chat", "email" or another channel of the platform. */
    latestChannel?: string | null;
    messages?: ActionMessage[];
    /** The live call, on the phone channel. */
    call?: ActionCall | null;
  }

  interface ActionMessage {
    sender?: "customer" | "bot" | "agent";
    /** ISO 8601. */
    timestamp?: string;
    content?: string;
    channel?: string;
  }

  interface ActionCall {
    id?: string;
    from?: string;
    to?: string;
    provider?: string;
  }
}

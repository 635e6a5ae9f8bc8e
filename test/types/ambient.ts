declare global {
  interface ActionContext<Args> {
    tier?: string;
  }
  interface ActionConversation {
    queue?: string;
  }
}

// What an action that imports nothing may write, and what it may not. Only type-checked, never run.
export function execute_action(context: ActionContext): unknown {
  const result: HandOffResult = hand_off_conversation(context);
  const success: boolean = result.success;
  const message: string = result.message;

  hand_off_conversation(context, "why");
  hand_off_conversation(context, null, "+15551234567");
  hand_off_conversation(context, undefined, "+15551234567");
  hand_off_conversation(context, { reason: "why" });
  hand_off_conversation(context, { phone_destination: "+15551234567" });
  hand_off_conversation(context, { reason: null, phone_destination: "+15551234567" });
  hand_off_conversation(context, { reason: "why" }, "+15551234567");
  hand_off_conversation(context, "why", { phone_destination: "+15551234567" });
  hand_off_conversation(context, null, { reason: "why", phone_destination: null });
  hand_off_conversation({ conversation: { id: "c1" } });
  hand_off_conversation({ ...context });

  // @ts-expect-error the context is needed
  hand_off_conversation();
  // @ts-expect-error a context is an object
  hand_off_conversation("c1");
  // @ts-expect-error the conversation's id is text
  hand_off_conversation({ conversation: { id: 1 } });
  // @ts-expect-error a reason is text
  hand_off_conversation(context, 5);
  // @ts-expect-error a number is text
  hand_off_conversation(context, "why", 15551234567);
  // @ts-expect-error options have at least one of their keys
  hand_off_conversation(context, {});
  // @ts-expect-error options have no other key
  hand_off_conversation(context, { reason: "why", phone: "+15551234567" });
  // @ts-expect-error options have no other key, in third place either
  hand_off_conversation(context, "why", { phoneDestination: "+15551234567" });
  // @ts-expect-error it answers at once, not with a promise
  void hand_off_conversation(context).then;
  // @ts-expect-error the answer has nothing else
  void result.intentId;

  const id: string | undefined = context.conversation?.id;
  const channel: string | null | undefined = context.conversation?.latestChannel;
  const argument: unknown = context.args["orderId"];
  context.args["orderId"] = "changed";
  // @ts-expect-error there may be no conversation
  void context.conversation.id;
  // @ts-expect-error an argument can be anything, until it is looked at
  const order: string = context.args["orderId"];
  // @ts-expect-error Node is not there
  void process;
  // Keys of a platform's own, declared as above.
  const own: readonly (string | undefined)[] = [context.tier, context.conversation?.queue];
  // @ts-expect-error there is no such key
  void context.customr;
  // @ts-expect-error nor on a level below
  void context.conversation?.latestChanel;
  // @ts-expect-error nor in a message
  void context.conversation?.messages?.[0]?.text;
  // @ts-expect-error nor such a secret
  void secrets.SHOP_TOKN;
  // @ts-expect-error nor such a global
  hand_of_conversation(context);
  return { own, success, message, id, channel, argument, order };
}

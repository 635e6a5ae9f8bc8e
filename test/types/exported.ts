// The same types by import, for actions that name them.
import type { ActionContext, HandOffOptions, HandOffResult } from "baton-runtime/globals";

interface OrderArgs {
  orderId: string;
}

export async function execute_action(
  context: ActionContext<OrderArgs>,
): Promise<{ order: string; result: HandOffResult }> {
  const order: string = context.args.orderId;
  const options: HandOffOptions = { reason: order };
  // @ts-expect-error the action has no such argument
  void context.args.customerId;
  const sender: "customer" | "bot" | "agent" | undefined = context.conversation?.messages?.[0]?.sender;
  void sender;
  return { order, result: await hand_off_conversation(context, options) };
}

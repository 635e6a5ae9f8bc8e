/** @param {ActionContext} context */
export function execute_action(context) {
  // @ts-expect-error a reason is text
  hand_off_conversation(context, 5);
  return hand_off_conversation(context, "Asked for a human").success;
}

def execute_action(context):
    asked = [message for message in context["conversation"]["messages"] if message["sender"] == "customer"]
    answer = hand_off_conversation(context, "Order flagged for fraud review")
    return {"success": answer["success"], "orderId": context["args"]["orderId"], "asked": len(asked), "last": asked[-1]["content"]}

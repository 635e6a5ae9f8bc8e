"""Tells where an order is, and calls a human for an order that a bot should not talk about."""
from typing import TypedDict


class Args(TypedDict):
    orderId: str


def execute_action(context):
    order = find_order(context["args"]["orderId"])
    if order is None:
        return {"success": False, "message": "There is no order with that number. Ask the customer to check it."}
    if order["onHold"]:
        # On the phone, the live call goes to this number; on every other channel it is ignored and a human takes over.
        hand_off_conversation(
            context,
            reason=f"Order {order['id']} is on hold: payment under review",
            phone_destination="+15551234567",
        )
        return {"success": True, "message": "A colleague takes over and will look at the order with the customer."}
    return {"success": True, "status": order["status"]}


def find_order(order_id: str):
    """Stands in for the shop's own system."""
    orders = [
        {"id": "A-1001", "status": "shipped", "onHold": False},
        {"id": "A-1002", "status": "waiting", "onHold": True},
    ]
    return next((order for order in orders if order["id"] == order_id), None)

# What Baton puts among the builtins of an action. Pyright and Pylance read this file from the folder of the project.
from typing import Any, Mapping, TypedDict

class HandOffAnswer(TypedDict):
    success: bool
    message: str

def hand_off_conversation(
    context: Mapping[str, Any],
    reason: str | None = None,
    phone_destination: str | None = None,
) -> HandOffAnswer:
    """Hands the conversation off to a human agent: the bot stops, a human takes over.

    context: the context that execute_action received.
    reason: why, at most 500 characters.
    phone_destination: a number in E.164 form (+15551234567) that a live phone call is transferred to; ignored outside the phone channel.
    """

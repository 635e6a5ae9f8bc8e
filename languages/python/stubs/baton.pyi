# The module `baton`, as actions may import it.
from typing import Any, Iterator, Mapping, TypedDict

class HandOffAnswer(TypedDict):
    success: bool
    message: str

def hand_off_conversation(
    context: Mapping[str, Any],
    reason: str | None = None,
    phone_destination: str | None = None,
) -> HandOffAnswer:
    """Hands the conversation off to a human agent; the same function that is among the builtins."""

class Secrets(Mapping[str, str]):
    """Placeholders by name: in a header of a request they become the secret's value, on the host."""
    def __getitem__(self, name: str) -> str: ...
    def __getattr__(self, name: str) -> str: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def basic(self, user: str, name: str) -> str:
        """The value of an Authorization header for this user with the secret as the password."""

secrets: Secrets

"""`hand_off_conversation`: reads the arguments of a call and lets only little cross. Nothing here decides anything; the host does."""
import logging
from collections.abc import Mapping

from . import door

REASON_CODE_POINTS = 501
NUMBER_LENGTH = 64
ID_LENGTH = 1_024

LOADING = (
    "hand_off_conversation was called while the action's module was loading. "
    "Call it inside execute_action, where the run has begun."
)
UNCONFIRMED = "The hand-off could not be confirmed: the host gave no answer to the call."
OPTIONS = ("reason", "phone_destination")
ODD_KEYS = 4
KEY_LENGTH = 32


class State:
    def __init__(self):
        self.loading = True
        self.limit = None
        self.calls = 0
        self.past_limit = None


state = State()


def _is(value, *kinds):
    """By the type alone: `isinstance` also asks `__class__`, which may be the action's own and raise, as ==, len() and the like may."""
    return issubclass(type(value), kinds)


def _given(value):
    return not (value is None or (_is(value, str) and str.__len__(value) == 0))


def _context_part(context):
    if context is None:
        return {"type": "missing"}
    try:
        if not _is(context, Mapping):
            return {"type": "not_an_object"}
        conversation = context.get("conversation")
        if not _is(conversation, Mapping):
            return {"type": "no_conversation"}
        found = conversation.get("id")
        if not _is(found, str):
            return {"type": "no_conversation"}
        return {"type": "conversation", "id": _utf16_cut(str.__str__(found), ID_LENGTH)}
    except Exception:
        return {"type": "unreadable"}


def _whole(text):
    """Lone surrogates become U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _utf16_cut(text, units):
    """At most so many UTF-16 units, which is what the host counts."""
    cut = text[:units]
    return cut if cut.isascii() else cut.encode("utf-16-le", "surrogatepass")[: 2 * units].decode(
        "utf-16-le", "surrogatepass"
    )


def _value_part(value, cut):
    if not _given(value):
        return {"type": "absent"}
    if _is(value, str):
        return {"type": "string", "text": cut(str.__str__(value))}
    if _is(value, bool):
        return {"type": "other", "is": "boolean"}
    if _is(value, int, float):
        return {"type": "other", "is": "number"}
    return {"type": "other", "is": "function" if callable(value) else "object"}


def _options(value):
    """A dict with no other keys than the two names stands for the keyword arguments."""
    if type(value) is dict and value and all(type(key) is str and key in OPTIONS for key in value):
        return value
    return None


def _odd_keys(value):
    """Of a dict that stands for no keyword arguments a few keys, so that the host can say what a misspelt one should be called."""
    if type(value) is not dict or _options(value) is not None:
        return []
    return _names(list(value)[:ODD_KEYS])


def _names(keys):
    return [_utf16_cut(_whole(str.__str__(key)), KEY_LENGTH) for key in keys if _is(key, str)]


def _read_call(context, reason, phone_destination, unknown):
    early, late = _options(reason), _options(phone_destination)
    odd = (_names(list(unknown)[:ODD_KEYS]) or _odd_keys(reason)) + _odd_keys(phone_destination)
    if early is not None:
        reason = early.get("reason")
    number = phone_destination if late is None else None
    if not _given(number) and early is not None:
        number = early.get("phone_destination")
    if not _given(reason) and late is not None:
        reason = late.get("reason")
    if not _given(number) and late is not None:
        number = late.get("phone_destination")
    call = {
        "overflow": False,
        "context": _context_part(context),
        "reason": _value_part(reason, lambda text: _whole(text[:REASON_CODE_POINTS])),
        "phoneDestination": _value_part(number, lambda text: _utf16_cut(text, NUMBER_LENGTH)),
    }
    return {**call, "oddKeys": odd} if odd else call


def _cross(message):
    try:
        answer, _ = door.ask("call", "hand_off_conversation", door.to_json(message))
        if answer["ok"] and isinstance(answer["value"]["message"], str):
            return {"success": answer["value"]["success"] is True, "message": answer["value"]["message"]}
    except Exception:
        pass  # The host could not be reached, or would not hear the call: the answer below says as much.
    return {"success": False, "message": UNCONFIRMED}


def hand_off_conversation(context=None, reason=None, phone_destination=None, *others, **unknown):
    """Hands the conversation off to a human agent: the bot stops, a human takes over.

    context: the context of this run. reason: at most 500 characters. phone_destination: a number in E.164 form that a live phone call is
    transferred to; ignored outside the phone channel. Answers {"success": bool, "message": str}, and never raises for bad arguments.
    """
    if state.loading:
        raise RuntimeError(LOADING)
    if others or unknown:
        names = ", ".join(sorted(str.__str__(name) for name in unknown)) or f"{3 + len(others)} positional arguments"
        logging.warning(
            "hand_off_conversation takes context, reason and phone_destination; ignored what else it was called with: %s", names
        )
    state.calls += 1
    if state.limit is None or state.calls <= state.limit:
        return _cross(_read_call(context, reason, phone_destination, unknown))
    if state.past_limit is None:
        state.past_limit = _cross({"overflow": True})
    return dict(state.past_limit)


def begin(data):
    state.loading = True
    state.limit = data.get("handOffCalls")
    state.calls = 0
    state.past_limit = None

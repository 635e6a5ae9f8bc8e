"""The result of an action as JSON: what `json.dumps` makes of it, and the few types beyond it that have one obvious text."""
import dataclasses
import datetime
import decimal
import enum
import sys
import uuid
from collections.abc import Mapping

from . import door

SAFE = 2**53
#: Lists and dicts in each other that the host takes.
LEVELS = 1_000
#: Calls in each other that these need, three a level: many more would be too many for the stack of WebAssembly, and end the run.
DEEPEST = 5_000


class BadResult(Exception):
    """The result is none that JSON carries; the message says what to do."""


class TooLarge(Exception):
    pass


def _advice(value):
    if isinstance(value, decimal.Decimal):
        return "a Decimal: return str(value) to keep every digit, or float(value)"
    if isinstance(value, (set, frozenset)):
        return "a set, which has no order: return sorted(value) or list(value)"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "bytes: return value.decode() for text, or base64.b64encode(value).decode()"
    if isinstance(value, datetime.timedelta):
        return "a timedelta: return value.total_seconds() or str(value)"
    if isinstance(value, complex):
        return "a complex number: return [value.real, value.imag]"
    if callable(value):
        return f"a {type(value).__name__}, not a value: is a call missing its parentheses?"
    if hasattr(value, "__next__"):
        return f"a {type(value).__name__}: return list(value)"
    return f"a {type(value).__name__}: return a dict, a list, text, a number, True, False or None"


class Plain:
    """Makes a value plain, remembering the way down for the sentence that refuses it."""

    def __init__(self, max_chars):
        self._left = max_chars
        self._open = set()
        self._path = []

    def _refuse(self, what):
        where = "".join(self._path)
        raise BadResult(f"The result{where} is {what}.")

    def _spend(self, chars):
        self._left -= chars
        if self._left < 0:
            raise TooLarge

    def of(self, value):
        if value is None or value is True or value is False:
            self._spend(4)
            return value
        if isinstance(value, enum.Enum) and not isinstance(value, (int, str)):
            return self.of(value.value)
        if isinstance(value, str):
            self._spend(len(value) + 2)
            return str.__str__(value)
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float):
            return self._float(value)
        if isinstance(value, (dict, list, tuple)):
            return self._container(value)
        return self._other(value)

    def _integer(self, value):
        value = int.__int__(value)
        if not -SAFE <= value <= SAFE:
            self._refuse("an integer beyond 2**53, which JSON's readers round: return str(value)")
        self._spend(1)
        return value

    def _float(self, value):
        value = float.__float__(value)
        if value != value or value in (float("inf"), float("-inf")):
            self._refuse(f"{float.__repr__(value)}, which JSON has no word for: return None or text")
        self._spend(1)
        return value

    def _container(self, value):
        if id(value) in self._open:
            self._refuse("a value that holds itself: return a copy without the circle")
        if len(self._open) > LEVELS:
            raise BadResult(f"The result nests deeper than {LEVELS} levels: return a flatter value.")
        self._open.add(id(value))
        made = self._dict(value) if isinstance(value, dict) else self._list(value)
        self._open.discard(id(value))
        return made

    def _dict(self, value):
        made = {}
        for key, member in value.items():
            text = self._key(key)
            self._path.append(f"[{text!r}]" if len(text) <= 60 else "[…]")
            made[text] = self.of(member)
            self._path.pop()
        return made

    def _key(self, key):
        self._spend(3)
        if isinstance(key, enum.Enum) and not isinstance(key, (int, str)):
            key = key.value
        if isinstance(key, str):
            self._spend(len(key))
            return str.__str__(key)
        if key is True or key is False:
            return "true" if key else "false"
        if key is None:
            return "null"
        if isinstance(key, int):
            return int.__repr__(key)
        if isinstance(key, float):
            return float.__repr__(self._float(key))
        if isinstance(key, (datetime.datetime, datetime.date)):
            return key.isoformat()
        if isinstance(key, uuid.UUID):
            return str(key)
        return self._refuse(f"a dict with a key of type {type(key).__name__}: use text for keys")

    def _list(self, value):
        made = []
        for index, member in enumerate(value):
            self._path.append(f"[{index}]")
            made.append(self.of(member))
            self._path.pop()
        return made

    def _other(self, value):
        if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
            return self.of(value.isoformat())
        if isinstance(value, uuid.UUID):
            return self.of(str(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._container({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
        if isinstance(value, Mapping):
            return self._container(dict(value))
        return self._refuse(_advice(value))


def _put(value, out):
    """As C writes it, but for C's stack, which ends long before the host's thousand levels."""
    if isinstance(value, dict):
        sign = "{"
        for key, member in value.items():
            out.append(f"{sign}{door.to_wide_json(key)}:")
            _put(member, out)
            sign = ","
        out.append("}" if value else "{}")
    elif isinstance(value, list):
        sign = "["
        for member in value:
            out.append(sign)
            _put(member, out)
            sign = ","
        out.append("]" if value else "[]")
    else:
        out.append(door.to_wide_json(value))


def text_of(value, max_chars):
    """The JSON text of a result."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEPEST))
    try:
        made = Plain(max_chars).of(value)
        try:
            return door.to_wide_json(made)
        except RecursionError:
            out = []
            _put(made, out)
            return "".join(out)
    except RecursionError:
        raise BadResult("The result is nested too deeply, or holds itself: return a flatter value.") from None
    finally:
        sys.setrecursionlimit(before)

"""The door to the host: JSON lines on one descriptor, bytes beside them on another.

What the action may patch (the module `json`, the builtins) is not used once a run has begun: the C functions below were taken before it.
"""
import json
import posix
from json.encoder import c_make_encoder, encode_basestring, encode_basestring_ascii

TEXT, BYTES = 40, 41
_CHUNK = 65_536
_write, _read, _len = posix.write, posix.read, len


def _refuse(value):
    raise TypeError(f"{type(value).__name__} does not cross the door")


_encoder = c_make_encoder(None, _refuse, encode_basestring_ascii, None, ":", ",", False, False, True)
_wide_encoder = c_make_encoder(None, _refuse, encode_basestring, None, ":", ",", False, False, True)
_scan = json.JSONDecoder().scan_once
_join = "".join


def to_json(value):
    """The JSON text of plain values, in ASCII."""
    return _join(_encoder(value, 0))


def to_wide_json(value):
    """The same with every character as it is: a text is as long as the host will find it."""
    return _join(_wide_encoder(value, 0))


def from_json(text):
    return _scan(text, 0)[0]


def _send(fd, data):
    sent = 0
    while sent < _len(data):
        sent += _write(fd, data[sent:] if sent else data)


def _receive(fd):
    first = _read(fd, _CHUNK)
    if _len(first) < _CHUNK:
        return first
    pieces = [first]
    while True:
        piece = _read(fd, 16 * _CHUNK)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


def tell(*frame):
    """One frame that is not answered."""
    _send(TEXT, (to_json(frame) + "\n").encode("ascii"))


def ask(*frame, attached=None):
    """One frame, and the answer to it: a value and the bytes beside it. Python stands still meanwhile."""
    if attached:
        _send(BYTES, attached)
    tell(*frame)
    text = _receive(TEXT)
    value = from_json(text.decode("utf-8", "surrogatepass")) if text else None
    return value, _receive(BYTES)

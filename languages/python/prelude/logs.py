"""What an action prints, logs or warns of becomes the run's log lines, each with its level."""
import io
import logging
import sys
import warnings

from . import door, errors

MAX_CHARS = 16_384


def line(level, text):
    for part in text.split("\n") if len(text) <= MAX_CHARS else [text]:
        door.tell("log", level, part[:MAX_CHARS])


class _Bytes(io.RawIOBase):
    """What is written as bytes is text in UTF-8."""

    def __init__(self, stream):
        self._stream = stream

    def writable(self):
        return True

    def write(self, data):
        data = bytes(data)
        self._stream.write(data.decode("utf-8", "replace"))
        return len(data)


class Stream(io.TextIOBase):
    """Standard output or standard error: each line of it is one of the log."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, level, name):
        self._level = level
        self._pending = []
        self.name = name
        self.buffer = _Bytes(self)

    def reconfigure(self, **_):
        """Lines are what the log has, and UTF-8 is what they are in."""

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        first, *rest = text.split("\n")
        if first:
            self._pending.append(first)
        for more in rest:
            whole, self._pending = "".join(self._pending), [more] if more else []
            door.tell("log", self._level, whole[:MAX_CHARS])
        return len(text)

    def flush(self):
        pass

    def end(self):
        whole, self._pending = "".join(self._pending), []
        if whole:
            door.tell("log", self._level, whole[:MAX_CHARS])


class Input(io.TextIOBase):
    def readable(self):
        return True

    def readline(self, size=-1, /):
        raise OSError("an action has no standard input: what it needs comes in its context")

    read = readline


def level_of(number):
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warn"
    return "info" if number >= logging.INFO else "debug"


class Handler(logging.Handler):
    """The root logger's handler: the message, and where an exception comes along its last line and place."""

    def emit(self, record):
        try:
            text = self.format(record) if self.formatter is not None else record.getMessage()
            if self.formatter is None and record.exc_info and record.exc_info[1] is not None:
                text += "\n" + errors.short_text(record.exc_info[1])
            door.tell("log", level_of(record.levelno), text[:MAX_CHARS])
        except Exception as error:
            what = f"{errors.name_of(error)}: {errors.message_of(error)} ({record.filename}:{record.lineno})"
            door.tell("log", "error", f"a log line could not be written: {what}"[:MAX_CHARS])


_basic_config = logging.basicConfig


def basic_config(**options):
    """As Python's own, over the handler that is there: `level` and `format` do what authors expect of them."""
    root = logging.getLogger()
    ours = [handler for handler in root.handlers if isinstance(handler, Handler)]
    if not ours or "handlers" in options or "filename" in options:
        return _basic_config(**options)
    if options.get("level") is not None:
        root.setLevel(options["level"])
    if options.get("format") is not None:
        ours[0].setFormatter(logging.Formatter(options["format"], options.get("datefmt"), options.get("style", "%")))


def _show_warning(message, category, filename, lineno, file=None, line=None):
    where = f" ({filename}:{lineno})" if filename in errors.sources else ""
    door.tell("log", "warn", f"{category.__name__}: {message}{where}"[:MAX_CHARS])


def _show_unraisable(unraisable):
    """What was raised where nothing could catch it. The end of the run's time is told as that."""
    if not isinstance(unraisable.exc_value, errors.Deadline):
        what = errors.short_text(unraisable.exc_value)
        door.tell("log", "error", f"{unraisable.err_msg or 'Exception ignored in'}: {what}"[:MAX_CHARS])


def install():
    sys.unraisablehook = sys.__unraisablehook__ = _show_unraisable
    root = logging.getLogger()
    root.handlers[:] = [Handler()]
    root.setLevel(logging.NOTSET)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.basicConfig = basic_config
    logging.lastResort = None
    warnings.showwarning = _show_warning
    sys.stdin = sys.__stdin__ = Input()


def begin():
    sys.stdout = sys.__stdout__ = Stream("info", "<stdout>")
    sys.stderr = sys.__stderr__ = Stream("error", "<stderr>")


def end():
    for stream in (sys.__stdout__, sys.__stderr__):
        stream.end()

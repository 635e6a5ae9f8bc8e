"""What was raised, as text and as the places of the author's own lines. Frames of the standard library and of ours are left out."""
from itertools import islice

MAX_NAME = 200
MAX_MESSAGE = 4_000
MAX_FRAMES = 30
MAX_LINKS = 6
MAX_STACK = 16_000

# The text of each file of the action that runs, by the name under which it is compiled.
sources = {}

_cause = BaseException.__cause__.__get__
_context = BaseException.__context__.__get__
_suppressed = BaseException.__suppress_context__.__get__
_traceback = BaseException.__traceback__.__get__
_syntax = {name: SyntaxError.__dict__[name].__get__ for name in ("filename", "lineno", "offset")}
_inside = BaseExceptionGroup.__dict__["exceptions"].__get__


class Deadline(BaseException):
    """The run's time is up. Raised where the action stands, a moment before V8 ends it for good."""


# Exceptions of ours that stand for one of Python's own.
SHOWN = {"NothingComes": "RuntimeError"}


def name_of(error):
    return str(type.__dict__["__name__"].__get__(type(error)))[:MAX_NAME]


def message_of(error):
    """Reading it may run the action's own code, which may raise anything, the end of the run's time among it."""
    try:
        text = str.__str__(str(error))
        notes = getattr(error, "__notes__", None)
        for note in notes if type(notes) is list else ():
            text += "\n" + str.__str__(str(note))
    except Deadline:
        raise
    except BaseException:
        return "(its message could not be read)"
    return text[:MAX_MESSAGE]


def code_of(error):
    """What a library of the action's, or of ours, calls it."""
    try:
        code = None if _is(error, SystemExit) else getattr(error, "code", None)
    except Exception:
        return None
    return code[:200] if type(code) is str else None


def _is(error, kind):
    """By the type alone: `isinstance` also asks `__class__`, which may be the action's own."""
    return issubclass(type(error), kind)


def _column(file, line, offset):
    """Columns of code objects count bytes of UTF-8; the author counts characters."""
    if offset is None or line is None:
        return None
    lines = sources[file]
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return len(text.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "ignore"))


def _place(code, instruction, line):
    positions = next(islice(code.co_positions(), instruction // 2, None), (line, None, None, None))
    start, _, offset, _ = positions
    file = code.co_filename
    if start != line:
        offset = None
    column = _column(file, line, offset)
    return [file, line, 1 if column is None else column + 1, code.co_name[:MAX_NAME]]


def frames_of(traceback):
    """Innermost first."""
    found = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename in sources and traceback.tb_lineno is not None:
            found.append(_place(code, traceback.tb_lasti, traceback.tb_lineno))
        traceback = traceback.tb_next
    return found[: -MAX_FRAMES - 1 : -1]


def place_of(frame):
    return _place(frame.f_code, frame.f_lasti, frame.f_lineno)


def frames_here(frame):
    """Of a frame that still stands, innermost first."""
    found = []
    steps = 0
    while frame is not None and len(found) < MAX_FRAMES and steps < 100_000:
        steps += 1
        code = frame.f_code
        if code.co_filename in sources and frame.f_lineno is not None:
            found.append(place_of(frame))
        frame = frame.f_back
    return found


def _syntax_place(error):
    if not _is(error, SyntaxError):
        return []
    file, line, column = (_syntax[name](error) for name in ("filename", "lineno", "offset"))
    if type(file) is not str or file not in sources or type(line) is not int:
        return []
    return [[file, line, max(1, column) if type(column) is int else 1, "<module>"]]


def _frames(error):
    return _syntax_place(error) + frames_of(_traceback(error)) + list(getattr(error, "frames", ()) if name_of(error) == "NothingComes" else ())


def _links(error):
    """The exceptions behind this one and inside of it, nearest first."""
    links = []
    seen = {id(error)}
    waiting = [error]
    while waiting and len(links) < MAX_LINKS:
        current = waiting.pop(0)
        behind = _cause(current)
        how = "cause"
        if behind is None and not _suppressed(current):
            behind, how = _context(current), "context"
        inside = [("group", member) for member in _inside(current)] if _is(current, BaseExceptionGroup) else []
        for how, other in [(how, behind), *inside]:
            if other is None or id(other) in seen or len(links) >= MAX_LINKS:
                continue
            seen.add(id(other))
            waiting.append(other)
            links.append({"how": how, "name": name_of(other), "message": message_of(other)[:1_000], "frames": _frames(other)})
    return links


def describe(error):
    """Name, message and the JSON-ready places of what was raised."""
    name = name_of(error)
    return SHOWN.get(name, name), message_of(error), {"frames": _frames(error), "links": _links(error)}


def short_text(error):
    """One line, with the author's line: for the log."""
    frames = _frames(error)
    where = f" ({frames[0][0]}:{frames[0][1]})" if frames else ""
    return f"{name_of(error)}: {message_of(error)}{where}"


def trace_text(trace, to_json):
    """The JSON text of a trace, within what the host takes."""
    text = to_json(trace)
    while len(text) > MAX_STACK:
        if trace.get("links"):
            trace["links"].pop()
        elif len(trace["frames"]) > 1:
            trace["frames"].pop()
        else:
            return to_json({"frames": [], "links": []})
        text = to_json(trace)
    return text

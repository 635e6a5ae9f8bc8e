"""One run: load the action's module, call `execute_action`, make its result (or what it raised) into text, say so once."""
import builtins
import inspect
import logging
import os
import random
import signal
import sys
import time

from . import door, errors, hand_off, http, left_open, logs, modules, result, waiting

ENTRY = "execute_action"
NO_TRACE = '{"frames":[],"links":[]}'


def _on_deadline(number, frame):
    tell_where(frame)
    raise errors.Deadline


def tell_where(frame=None):
    """Says where the action stands. Called from a handler, or after V8 cut the run off, when the frames that stood are still there."""
    here = errors.frames_here(frame or sys._getframe().f_back)
    door.tell("where", errors.trace_text({"frames": here, "links": []}, door.to_json))


def where():
    tell_where(sys._getframe().f_back)


def turn():
    """The whole of one run. The host's frames come and go inside of it."""
    state = {"phase": "loading"}
    try:
        _whole(state)
    except errors.Deadline:
        # Raised in what reads the action's error.
        door.tell("timed_out")
    except MemoryError:
        door.tell("out_of_memory")
    except BaseException:
        door.tell("threw", state["phase"], "Exception", "what was raised could not be read", NO_TRACE, None)


def _whole(state):
    try:
        given, _ = door.ask("start")
        _begin(given)
        work = given["script"]
        if work["kind"] == "analysis":
            return _analyse(work)
        finished = _play(work, given, state)
    except errors.Deadline:
        return door.tell("timed_out")
    except MemoryError as error:
        return _tell_full(error)
    except BaseException as error:
        return _tell_raised(state["phase"], error)
    if finished is not None:
        left_open.tell()
        door.tell("done", finished)


def _begin(given):
    random.seed(given["entropy"])
    logging._startTime = time.time_ns()
    logs.begin()
    left_open.begin()
    os.environ.clear()
    os.environ.update({"HOME": "/tmp", "TZ": "UTC", "LANG": "en_US.UTF-8", **given["secrets"]})
    http.begin(given["fetch"], given["secrets"])
    hand_off.begin(given["handOff"])


def _analyse(work):
    from . import analysis

    door.tell("done", door.to_json(analysis.analyse(work)))


def _play(work, given, state):
    modules.begin(work["modules"])
    for name in work["globals"]:
        _publish(modules.load(name))
    module = modules.load(work["entry"])
    entry = module.__dict__.get(ENTRY)
    if not callable(entry):
        door.tell("no_entry", None if entry is None else ENTRY, None if entry is None else errors.name_of(entry))
        return None
    state["phase"] = "running"
    hand_off.state.loading = False
    value = entry(given["input"])
    if inspect.isawaitable(value):
        value = waiting.run(_awaited(value))
    return _text_of(value, given["returnChars"])


async def _awaited(value):
    return await value


def _publish(module):
    """The host's own helpers are there without an import, as hand_off_conversation is."""
    names = getattr(module, "__all__", None) or [name for name in module.__dict__ if not name.startswith("_")]
    for name in names:
        value = module.__dict__[name]
        if not inspect.ismodule(value) and not hasattr(builtins, name):
            setattr(builtins, name, value)


def _text_of(value, max_chars):
    """The result's text; None where it was refused. What is printed on the way still counts."""
    refusal = ("too_large", "RangeError", "the result is too large")
    text = None
    try:
        text = result.text_of(value, max_chars)
    except result.TooLarge:
        pass
    except result.BadResult as error:
        refusal = ("not_json", "TypeError", str(error)[: errors.MAX_MESSAGE])
    logs.end()
    if text is not None and len(text) <= max_chars:
        return text
    door.tell("bad_result", *refusal, None)
    return None


def _tell_full(error):
    try:
        door.tell("where", errors.trace_text(errors.describe(error)[2], door.to_json))
    except BaseException:
        pass  # There may be no room for it.
    door.tell("out_of_memory")


def _tell_raised(phase, error):
    logs.end()
    name, message, trace = errors.describe(error)
    door.tell("threw", phase, name, message, errors.trace_text(trace, door.to_json), errors.code_of(error))


def install():
    signal.signal(signal.SIGINT, _on_deadline)
    builtins.hand_off_conversation = hand_off.hand_off_conversation
    builtins.input = _no_input
    builtins.exit = builtins.quit = sys.exit


def _no_input(prompt="", /):
    raise OSError("an action has no standard input: what it needs comes in its context")

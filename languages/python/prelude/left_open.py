"""Work that an action began and nothing awaited: it is dropped at the run's end, so the host is told how much and where the first of it began."""
import asyncio
import sys
import warnings

from . import door, errors

# Callbacks by which a task's own sleep wakes it: the task is counted, not its timer.
_WAKES = {"_set_result_unless_cancelled", "_run_until_complete_cb", "_on_timeout"}


class _Work:
    def __init__(self):
        self.begin()

    def begin(self):
        self.tasks = self.timers = 0
        self.first = None

    def add(self, kind, place):
        setattr(self, kind, getattr(self, kind) + 1)
        if self.first is None:
            self.first = place


_work = _Work()
# Where each task of the run was made, by the task's id while it lives.
_begun = {}

def here():
    """The author's line that stands nearest."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename in errors.sources:
            return errors.place_of(frame)
        frame = frame.f_back
    return None


def _on_unawaited(coroutine):
    """Called by CPython as a coroutine goes that was never begun."""
    code = coroutine.cr_code
    file, line, function = (coroutine.cr_origin or ((code.co_filename, code.co_firstlineno, code.co_name),))[0]
    if file in errors.sources:
        _work.add("tasks", [file, line, 1, function])
    warnings.warn_explicit(f"coroutine '{coroutine.__qualname__}' was never awaited", RuntimeWarning, file, line, source=coroutine)


def note_task(task):
    _begun[id(task)] = (task, here())


def count(loop):
    """What of a loop is open as it ends. Called before its tasks are cancelled."""
    for task in asyncio.all_tasks(loop):
        _work.add("tasks", _begun.get(id(task), (None, None))[1])
    for handle in getattr(loop, "_scheduled", ()):
        callback = getattr(handle, "_callback", None)
        if not handle.cancelled() and getattr(callback, "__name__", "") not in _WAKES:
            _work.add("timers", None)
    _begun.clear()


def begin():
    _work.begin()
    _begun.clear()


def tell():
    """Before the result: what was left open, where anything was."""
    if _work.tasks or _work.timers:
        frames = [] if _work.first is None else [_work.first]
        door.tell("left_open", _work.timers, _work.tasks, door.to_json({"frames": frames, "links": []}))


def install():
    warnings._warn_unawaited_coroutine = _on_unawaited
    # One level: the line that made the coroutine.
    sys.set_coroutine_origin_tracking_depth(1)
    cancel_all = asyncio.runners._cancel_all_tasks

    def count_and_cancel(loop):
        count(loop)
        cancel_all(loop)

    asyncio.runners._cancel_all_tasks = count_and_cancel

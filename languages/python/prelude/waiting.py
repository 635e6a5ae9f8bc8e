"""Waiting without holding the host's thread: `time.sleep` and asyncio ask the door for a timer."""
import asyncio
import concurrent.futures
import logging
import threading
import time

from . import door, errors, left_open

NEVER = "The action waits for something that never comes: nothing that could wake it is under way."


def sleep(seconds, /):
    """Waits for so many seconds; they count against the run's wall clock and not against its CPU time."""
    if isinstance(seconds, str) or not hasattr(seconds, "__float__") and not hasattr(seconds, "__index__"):
        raise TypeError(f"'{type(seconds).__name__}' object cannot be interpreted as an integer or float")
    seconds = float(seconds)
    if seconds != seconds:
        raise ValueError("Invalid value NaN (not a number)")
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    door.ask("sleep", min(seconds, 1e6) * 1_000)


class NothingComes(RuntimeError):
    """Has the place where the action waits for ever."""

    frames = ()


def frames_of(awaitable):
    """Where a coroutine waits, innermost first."""
    found = []
    while awaitable is not None and len(found) < errors.MAX_FRAMES:
        frame = getattr(awaitable, "cr_frame", None) or getattr(awaitable, "ag_frame", None) or getattr(awaitable, "gi_frame", None)
        if frame is not None and frame.f_code.co_filename in errors.sources:
            found.insert(0, errors.place_of(frame))
        awaitable = getattr(awaitable, "cr_await", None) or getattr(awaitable, "gi_yieldfrom", None)
    return found


def _waits():
    """Where the tasks of the loop wait, the longest way down first."""
    ways = [frames_of(task.get_coro()) for task in asyncio.all_tasks()]
    return max(ways, key=len, default=[])


class _Selector:
    """Nothing but time ever wakes the loop: host calls are answered while Python stands still."""

    def select(self, timeout=None):
        if timeout is None:
            error = NothingComes(NEVER)
            error.frames = _waits()
            raise error
        if timeout > 0:
            door.ask("sleep", timeout * 1_000)
        return []

    def close(self):
        pass


class Loop(asyncio.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self._selector = _Selector()

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

    def time(self):
        return time.monotonic()

    def create_task(self, coro, **options):
        task = super().create_task(coro, **options)
        left_open.note_task(task)
        return task

    async def _no_sockets(self, *_, **__):
        raise OSError("actions have no sockets: use requests or urllib.request")

    async def _no_processes(self, *_, **__):
        raise OSError("actions start no processes")

    create_connection = create_server = create_datagram_endpoint = create_unix_connection = getaddrinfo = _no_sockets
    subprocess_exec = subprocess_shell = _no_processes

    def run_in_executor(self, executor, func, *args):
        """There are no threads: the call is made at once, and the future is done."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class Executor(concurrent.futures.Executor):
    """Stands for thread and process pools: a task is done when it is submitted."""

    def __init__(self, *_, **__):
        self._over = False

    def submit(self, fn, /, *args, **kwargs):
        if self._over:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            if not isinstance(error, Exception):
                raise
            future.set_exception(error)
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        self._over = True


def start(thread):
    """There are no threads: what one is to do is done before `start` returns."""
    if not thread._initialized:
        raise RuntimeError("thread.__init__() not called")
    if thread._started.is_set():
        raise RuntimeError("threads can only be started once")
    thread._started.set()
    try:
        thread.run()
    except SystemExit:
        pass
    except Exception as error:
        logging.error("Exception in thread %s: %s", thread.name, errors.short_text(error))
    finally:
        thread._os_thread_handle = threading._make_thread_handle(threading.get_ident())
        thread._os_thread_handle._set_done()


def install():
    time.sleep = sleep
    threading.Thread.start = start
    asyncio.new_event_loop = asyncio.events.new_event_loop = Loop
    asyncio.SelectorEventLoop = asyncio.DefaultEventLoop = Loop
    # What `asyncio.run` takes where no factory is given.
    asyncio.runners.events.new_event_loop = Loop
    policy = getattr(asyncio.events, "_BaseDefaultEventLoopPolicy", None)
    if policy is not None:
        policy._loop_factory = Loop
        policy.new_event_loop = lambda self: Loop()
    concurrent.futures.ThreadPoolExecutor = Executor
    concurrent.futures.ProcessPoolExecutor = Executor


def run(coroutine):
    return asyncio.run(coroutine, loop_factory=Loop)

"""What an action cannot import, each with the reason and what to use instead."""
import errno
import importlib.abc
import os
import posix
import sys

HTTP = "use requests or urllib.request"
PACKAGES = "packages are pure-Python wheels that the host allows (python.packages in the configuration)"
NATIVE = f"it needs compiled code, which does not run here; {PACKAGES}"

BLOCKED = {
    **dict.fromkeys(("socket", "_socket", "ssl", "_ssl", "select", "selectors", "socketserver"), f"actions have no sockets: {HTTP}"),
    **dict.fromkeys(("ftplib", "smtplib", "imaplib", "poplib", "telnetlib", "xmlrpc"), f"actions have no sockets: {HTTP}"),
    **dict.fromkeys(("subprocess", "_posixsubprocess", "multiprocessing", "_multiprocessing", "pty"), "actions start no processes"),
    **dict.fromkeys(("ctypes", "_ctypes", "cffi", "_cffi_backend"), "actions call no native code"),
    **dict.fromkeys(("js", "pyodide", "_pyodide", "_pyodide_core", "pyodide_js", "pyodide_http", "micropip"), "there is no JavaScript around this Python"),
    **dict.fromkeys(("sqlite3", "_sqlite3", "dbm", "shelve"), f"actions keep nothing between runs: {HTTP} for an API of yours"),
    **dict.fromkeys(("tkinter", "turtle", "curses", "readline", "webbrowser", "idlelib", "pdb"), "an action has no screen and no terminal: print() is the run's log"),
    **dict.fromkeys(("pip", "ensurepip", "venv", "setuptools", "pkg_resources"), f"nothing is installed during a run: {PACKAGES}"),
    **dict.fromkeys(("numpy", "pandas", "scipy", "matplotlib", "PIL", "lxml", "cryptography", "pydantic_core", "orjson"), NATIVE),
    **dict.fromkeys(("httpx", "aiohttp", "urllib3", "requests_toolbelt"), f"it is not here: {HTTP}, or allow it as a wheel"),
    **dict.fromkeys(("pytz", "dateutil"), f"it is not here: use zoneinfo and datetime; {PACKAGES}"),
    **dict.fromkeys(("boto3", "botocore", "openai", "anthropic", "stripe", "twilio", "psycopg2", "redis", "pymongo", "sqlalchemy"), f"it is not here: {HTTP} for the service's own API"),
    **dict.fromkeys(("test", "_testcapi", "_testinternalcapi", "_testlimitedcapi", "_testbuffer", "_testclinic", "_testmultiphase", "_testsinglephase", "_testimportmultiple", "_ctypes_test", "xxlimited", "xxsubtype"), "it tests Python itself"),
    **dict.fromkeys(("dotenv",), "there are no .env files here: secrets come in os.environ"),
}


#: C would answer with a number, or end the run.
PROCESSES = ("system", "fork", "execv", "execve", "kill", "killpg", "wait", "waitpid")


def _no_process(*_, **__):
    raise OSError(errno.EPERM, "actions start no processes")


class _Finder(importlib.abc.MetaPathFinder):
    """Comes last: a module of the action's own or of an allowed wheel may carry any of these names that Python itself does not have."""

    def find_spec(self, name, path=None, target=None):
        reason = BLOCKED.get(name.partition(".")[0])
        if reason is not None:
            raise ModuleNotFoundError(f"No module named {name!r}: {reason}", name=name)
        return None


class _Wall(importlib.abc.MetaPathFinder):
    """Comes first: names that Python has built in or in its library."""

    def __init__(self, names):
        self._names = names

    def find_spec(self, name, path=None, target=None):
        first = name.partition(".")[0]
        if first in self._names:
            raise ModuleNotFoundError(f"No module named {name!r}: {BLOCKED[first]}", name=name)
        return None


def install():
    known = {*sys.stdlib_module_names, *sys.builtin_module_names, "js", "pyodide", "_pyodide", "_pyodide_core", "pyodide_js"}
    names = {name for name in BLOCKED if name in known}
    # What the standard library itself loaded of these stays with the modules that hold it; an import by the action finds the wall.
    for name in [name for name in sys.modules if name.partition(".")[0] in names]:
        del sys.modules[name]
    for name in PROCESSES:
        setattr(os, name, _no_process)
        setattr(posix, name, _no_process)
    sys.meta_path.insert(0, _Wall(names))
    sys.meta_path.append(_Finder())

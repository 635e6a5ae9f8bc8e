"""The action's own files and the packages that come with it, as modules: found by name in what the host sent, read from no file system."""
import importlib
import importlib.abc
import importlib.machinery
import linecache
import marshal
import base64
import sys

from . import errors

modules = {}


def _install_source(file, source):
    lines = source.splitlines(True)
    errors.sources[file] = lines
    linecache.cache[file] = (len(source), None, lines, file)


def code_of(module):
    """`module`: file, source, and the code that the compile step made, where it sent any."""
    file, source = module["file"], module["source"]
    _install_source(file, source)
    made = module.get("code")
    if made is not None:
        return marshal.loads(base64.b64decode(made))
    return compile(source, file, "exec", dont_inherit=True)


class _Loader(importlib.abc.InspectLoader):
    def get_source(self, name):
        return modules[name]["source"]

    def is_package(self, name):
        return modules[name]["package"]

    def get_code(self, name):
        return code_of(modules[name])

    def get_filename(self, name):
        return modules[name]["file"]


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        module = modules.get(name)
        if module is None:
            return None
        spec = importlib.machinery.ModuleSpec(name, _loader, origin=module["file"], is_package=module["package"])
        spec.has_location = True
        spec.cached = None
        return spec


_loader = _Loader()


def install():
    sys.meta_path.insert(0, Finder())


def begin(given):
    modules.clear()
    errors.sources.clear()
    modules.update(given)


def load(name):
    """The action's own module, run from its first line to its last."""
    return importlib.import_module(name)


def forget():
    for name in modules:
        sys.modules.pop(name, None)
    for file in errors.sources:
        linecache.cache.pop(file, None)
    modules.clear()
    errors.sources.clear()

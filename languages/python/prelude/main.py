"""What the bake runs: everything an action is likely to import, then our own installations, then first uses that fill caches."""
import abc, ast, base64, binascii, bisect, calendar, collections, contextlib, copy, csv, dataclasses, datetime, decimal, difflib, email.utils
import encodings.idna, enum, fractions, functools, gc, hashlib, heapq, hmac, html, http, http.client, inspect, io, itertools, json, linecache, logging
import math, numbers, operator, pprint, random, re, secrets, signal, statistics, string, struct, symtable, tempfile, textwrap, time, traceback
import types, typing, unicodedata, urllib.error, urllib.parse, urllib.request, uuid, warnings, weakref, xml.etree.ElementTree, zlib, zoneinfo
import _strptime, asyncio, graphlib, ipaddress, shlex, zipfile, glob, fnmatch, shutil, pathlib

from . import analysis, hand_off, http as own_http, left_open, logs, modules, run, waiting, walls, zones

waiting.install()
own_http.install()
logs.install()
left_open.install()
walls.install()
zones.install()
modules.install()
run.install()

turn, where = run.turn, run.where


def warm():
    for zone in ("UTC", "America/New_York", "Europe/Berlin"):
        datetime.datetime.now(zoneinfo.ZoneInfo(zone)).isoformat()
    datetime.datetime.strptime("2024-01-02", "%Y-%m-%d").strftime("%A %d %B %Y")
    re.compile(r"\d+").sub("", "a1")
    json.loads(json.dumps({"a": [1, 2.5, None, True, "x"]}, indent=1))
    decimal.Decimal("1.1") + 1
    dataclasses.make_dataclass("Warm", [("a", int)])(1)
    try:
        compile("def f(:\n  pass\n", "<warm>", "exec")
    except SyntaxError as error:
        run.errors.describe(error)
    analysis.analyse({"kind": "analysis", "task": "compile", "modules": {"warm": {"file": "warm.py", "source": "def execute_action(context): return 1\n", "package": False}}, "entry": "warm"})


warm()
gc.collect()
gc.freeze()

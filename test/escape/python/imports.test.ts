import { expect } from "@jest/globals";
import { describePython } from "./hostile.ts";

const THREW = "threw ACTION_THREW";
const refuses = (name: string, why: string) => ({
  source: `import ${name}`,
  ends: THREW,
  check: ({ error }: { readonly error?: { readonly name: string; readonly message: string } | undefined }) => {
    expect(error?.name).toBe("ModuleNotFoundError");
    expect(error?.message).toContain(why);
  },
});

describePython("Python that imports what actions do not have is told why", {
  socket: refuses("socket", "no sockets"),
  ssl: refuses("ssl", "no sockets"),
  subprocess: refuses("subprocess", "no processes"),
  multiprocessing: refuses("multiprocessing", "no processes"),
  ctypes: refuses("ctypes", "native code"),
  sqlite3: refuses("sqlite3", "between runs"),
  js: refuses("js", "no JavaScript"),
  pyodide: refuses("pyodide", "no JavaScript"),
  "pyodide.ffi": refuses("pyodide.ffi", "no JavaScript"),
  numpy: refuses("numpy", "compiled code"),
  httpx: refuses("httpx", "requests"),
  "a socket by its C module": {
    source:
      "import importlib.machinery as m, importlib.util as u\ns = m.BuiltinImporter.find_spec('_socket')\nx = u.module_from_spec(s)\ns.loader.exec_module(x)\nsock = x.socket()\nsock.connect(('169.254.169.254', 80))\nreturn 'connected'",
    ends: THREW,
  },
  "a name resolved by the C module": {
    source:
      "import importlib.machinery as m, importlib.util as u\ns = m.BuiltinImporter.find_spec('_socket')\nx = u.module_from_spec(s)\ns.loader.exec_module(x)\nreturn x.getaddrinfo('localhost', 80)",
    ends: THREW,
  },
  "a connection of http.client": {
    source: "import http.client\nhttp.client.HTTPConnection('169.254.169.254').request('GET', '/')",
    ends: THREW,
  },
  "asyncio's connections": {
    source:
      "import asyncio\nasync def execute_action(context):\n    await asyncio.open_connection('169.254.169.254', 80)\n",
    ends: THREW,
  },
  "asyncio's processes": {
    source: "import asyncio\nasync def execute_action(context):\n    await asyncio.create_subprocess_exec('id')\n",
    ends: THREW,
  },
  "requests without a policy": {
    source: "import requests\nreturn requests.get('http://169.254.169.254/').text",
    ends: THREW,
    check: ({ error }) => expect(error?.code).toBe("ACTION_THREW"),
  },
  "urllib without a policy": {
    source: "import urllib.request\nreturn urllib.request.urlopen('http://127.0.0.1/').read()",
    ends: THREW,
  },
  "urllib's file URLs": {
    source: "import urllib.request\nreturn urllib.request.urlopen('file:///etc/passwd').read()",
    ends: THREW,
  },
});

"""HTTP over the host's egress door: policy, budgets and secrets are the host's; here is one request and its body, piece by piece.

`urllib.request` is Python's own with these handlers beneath it. `requests` (in `site/`) speaks to the same two functions.
"""
import base64
import http.client
import io
import urllib.error
import urllib.request

from . import door

MAX_HEADERS = 1_000


class Refused(Exception):
    """The host's rules, or the network, said no."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Waited(Exception):
    """The time that the caller gave is over."""


class State:
    def __init__(self):
        self.sent = 0
        self.calls = 0
        self.request_bytes = 0
        self.secrets = {}


state = State()


def begin(data, secrets):
    state.sent = 0
    state.calls = data.get("fetchCalls", 0)
    state.request_bytes = data.get("requestBytes", 0)
    state.secrets = dict(secrets)


def _ask(name, arguments, attached=None, timeout=None):
    milliseconds = None if timeout is None else max(1, timeout * 1_000)
    answer, data = door.ask("call_async", name, door.to_json(arguments), milliseconds, attached=attached)
    if answer.get("timedOut"):
        raise Waited(f"no answer within {timeout:g} seconds")
    if not answer["ok"]:
        raise Refused(answer["error"]["code"], answer["error"]["message"])
    value = answer["value"]
    if isinstance(value, dict) and isinstance(value.get("error"), dict):
        raise Refused(value["error"]["code"], value["error"]["message"])
    return value, data


class Exchange:
    """A request that was answered: the head is here, the body comes as it is read."""

    def __init__(self, method, url, headers, body, follow, timeout):
        if state.sent >= state.calls:
            raise Refused("EGRESS_CALLS", f"more than {state.calls} requests in one run")
        if body is not None and len(body) > state.request_bytes:
            raise Refused("EGRESS_REQUEST_BODY", f"the request's body is over {state.request_bytes} bytes")
        state.sent += 1
        self.id = state.sent
        self.timeout = timeout
        arguments = {
            "id": self.id,
            "url": url,
            "method": method,
            "headers": [[str(name), str(value)] for name, value in headers],
            "redirect": "follow" if follow else "manual",
        }
        head, self._ready = self._within(lambda: _ask("fetch.send", arguments, body, timeout))
        self.status, self.reason, self.url = head["status"], head["statusText"], head["url"]
        self.redirected, self.headers, self._done = head["redirected"], head["headers"], head["done"]

    def _within(self, work):
        try:
            return work()
        except Waited:
            self.cancel()
            raise

    def cancel(self):
        try:
            _ask("fetch.cancel", {"id": self.id})
        except Exception:
            pass
        self._done = True

    def piece(self):
        """The next bytes of the body; none at its end."""
        while not self._ready and not self._done:
            head, self._ready = self._within(lambda: _ask("fetch.read", {"id": self.id}, None, self.timeout))
            self._done = head["done"]
        ready, self._ready = self._ready, b""
        return ready

    def rest(self):
        pieces = []
        while piece := self.piece():
            pieces.append(piece)
        return b"".join(pieces)


def basic(user, password):
    """The Authorization header for a user; a placeholder of a secret is filled in by the host."""
    if isinstance(user, str) and isinstance(password, str) and password in state.secrets.values():
        name = base64.urlsafe_b64encode(user.encode()).decode().rstrip("=")
        return f"Basic {password}.basic.{name}."
    pair = b":".join(part if isinstance(part, bytes) else str(part).encode("latin-1", "replace") for part in (user, password))
    return "Basic " + base64.b64encode(pair).decode()


class _Body(io.RawIOBase):
    def __init__(self, exchange):
        self._exchange = exchange
        self._left = b""

    def readable(self):
        return True

    def readinto(self, buffer):
        if not self._left:
            self._left = self._next()
        taken = self._left[: len(buffer)]
        buffer[: len(taken)] = taken
        self._left = self._left[len(taken) :]
        return len(taken)

    def _next(self):
        try:
            return self._exchange.piece()
        except Waited:
            raise TimeoutError("The read operation timed out") from None
        except Refused as error:
            if error.code == "EGRESS_NETWORK":
                raise http.client.IncompleteRead(b"") from None
            raise ConnectionError(f"{error} ({error.code})") from None


class Answer(io.BufferedReader):
    """What `urlopen` gives: `http.client.HTTPResponse` as far as its readers ask."""

    def __init__(self, exchange):
        super().__init__(_Body(exchange))
        self.status = self.code = exchange.status
        self.reason = self.msg = exchange.reason
        self.url = exchange.url
        self.version = 11
        self.headers = http.client.HTTPMessage()
        for name, value in exchange.headers:
            self.headers[name] = value

    def geturl(self):
        return self.url

    def info(self):
        return self.headers

    def getcode(self):
        return self.status

    def getheader(self, name, default=None):
        values = self.headers.get_all(name)
        return default if values is None else ", ".join(values)

    def getheaders(self):
        return list(self.headers.items())


def _open(self, request):
    headers = {**request.unredirected_hdrs, **{name: value for name, value in request.headers.items() if name not in request.unredirected_hdrs}}
    headers = [(name.title(), value) for name, value in headers.items() if name.lower() not in ("host", "content-length")]
    timeout = request.timeout if isinstance(request.timeout, (int, float)) else None
    body = request.data
    if body is not None and not isinstance(body, (bytes, bytearray)):
        body = body.read() if hasattr(body, "read") else b"".join(body)
    try:
        answer = Answer(Exchange(request.get_method(), request.full_url, headers, body, False, timeout))
    except Waited:
        # As Python's own: an URLError is of the connection alone.
        raise TimeoutError("timed out") from None
    except Refused as error:
        raise urllib.error.URLError(f"{error} ({error.code})") from None
    return answer


def _no_connection(self):
    raise OSError("actions have no sockets: use requests or urllib.request")


def install():
    urllib.request.HTTPHandler.http_open = _open
    urllib.request.HTTPSHandler = type(
        "HTTPSHandler",
        (urllib.request.AbstractHTTPHandler,),
        {
            "__init__": lambda self, debuglevel=None, context=None, check_hostname=None: urllib.request.AbstractHTTPHandler.__init__(self, debuglevel),
            "https_open": _open,
            "https_request": urllib.request.AbstractHTTPHandler.do_request_,
        },
    )
    urllib.request.FileHandler.file_open = urllib.request.FTPHandler.ftp_open = _no_files
    urllib.request.getproxies = lambda: {}
    http.client.HTTPConnection.connect = _no_connection
    if not hasattr(http.client, "HTTPSConnection"):
        http.client.HTTPSConnection = type("HTTPSConnection", (http.client.HTTPConnection,), {"default_port": 443})


def _no_files(self, request):
    raise urllib.error.URLError("an action reaches http and https URLs only")

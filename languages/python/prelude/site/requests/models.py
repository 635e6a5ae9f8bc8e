"""Requests as they are prepared, and responses as they are read."""
import codecs
import datetime
import io
import json as _json
import re
import urllib.parse
import uuid
from email.message import Message
from http.cookiejar import CookieJar

from _baton import http as door

from .exceptions import (
    ConnectionError,
    HTTPError,
    InvalidHeader,
    InvalidJSONError,
    InvalidSchema,
    InvalidURL,
    JSONDecodeError,
    MissingSchema,
    ReadTimeout,
    StreamConsumedError,
)
from .structures import CaseInsensitiveDict
from .cookies import cookiejar_from_dict
from .utils import requote_uri

REDIRECTS = (301, 302, 303, 307, 308)


def _pairs(data):
    items = data.items() if hasattr(data, "items") else data
    for name, value in items:
        values = [value] if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") else value
        for each in values:
            if each is not None:
                yield name, each if isinstance(each, (str, bytes)) else str(each)


def encode_params(data):
    if isinstance(data, (str, bytes)):
        return data
    return urllib.parse.urlencode(list(_pairs(data)))


def _multipart(files, data):
    boundary = uuid.uuid4().hex
    out = io.BytesIO()

    def part(disposition, content, kind=None, headers=None):
        out.write(f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n".encode())
        for name, value in {**({"Content-Type": kind} if kind else {}), **(headers or {})}.items():
            out.write(f"{name}: {value}\r\n".encode())
        out.write(b"\r\n" + (content if isinstance(content, bytes) else str(content).encode()) + b"\r\n")

    def quoted(text):
        return str(text).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")

    for name, value in _pairs(data or {}):
        part(f'name="{quoted(name)}"', value)
    for name, given in files.items() if hasattr(files, "items") else files:
        kind, headers = None, None
        if isinstance(given, (tuple, list)):
            filename, content, *more = given
            kind, headers = (more + [None, None])[:2]
        else:
            filename, content = getattr(given, "name", None) or name, given
        content = content.read() if hasattr(content, "read") else content
        shown = f'name="{quoted(name)}"' + ("" if filename is None else f'; filename="{quoted(filename)}"')
        part(shown, content, kind, headers)
    out.write(f"--{boundary}--\r\n".encode())
    return out.getvalue(), f"multipart/form-data; boundary={boundary}"


ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")


def _without_dots(path):
    """As RFC 3986 takes them away."""
    kept = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if path.startswith("/") and (not kept or kept[0]):
        kept.insert(0, "")
    if path.endswith(("/.", "/..")):
        kept.append("")
    return "/".join(kept)


def _ascii_netloc(parts):
    host = parts.hostname
    if parts.netloc.isascii():
        if host.startswith(("*", ".")):
            raise InvalidURL("URL has an invalid label.")
        return parts.netloc
    try:
        shown = host.encode("idna").decode()
    except UnicodeError:
        raise InvalidURL("URL has an invalid label.") from None
    user, at, _ = parts.netloc.rpartition("@")
    return f"{user}{at}{shown}" + (f":{parts.port}" if parts.port else "")


class Request:
    def __init__(self, method=None, url=None, headers=None, files=None, data=None, params=None, auth=None, cookies=None, hooks=None, json=None):
        self.method, self.url, self.headers, self.files = method, url, headers or {}, files or []
        self.data, self.params, self.auth, self.cookies, self.json = data or [], params or {}, auth, cookies, json
        self.hooks = hooks or {}

    def prepare(self):
        return PreparedRequest().prepare(self.method, self.url, self.headers, self.files, self.data, self.params, self.auth, self.cookies, self.json)

    def __repr__(self):
        return f"<Request [{self.method}]>"


class PreparedRequest:
    _cookies = None

    def prepare(self, method=None, url=None, headers=None, files=None, data=None, params=None, auth=None, cookies=None, json=None):
        self.method = method.upper() if method else "GET"
        self.prepare_url(url, params)
        self.prepare_headers(headers)
        self.prepare_body(data, files, json)
        self._cookies = cookies if isinstance(cookies, CookieJar) else cookiejar_from_dict(cookies or {})
        shown = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)
        if shown:
            self.headers.setdefault("Cookie", shown)
        if auth is None:
            found = urllib.parse.urlsplit(self.url)
            if found.username or found.password:
                auth = (urllib.parse.unquote(found.username or ""), urllib.parse.unquote(found.password or ""))
        if auth:
            if isinstance(auth, tuple) and len(auth) == 2:
                self.headers["Authorization"] = door.basic(*auth)
            else:
                self.__dict__.update(auth(self).__dict__)
        return self

    def prepare_url(self, url, params):
        text = url.decode("utf-8") if isinstance(url, bytes) else str(url)
        text = text.lstrip()
        if ":" in text and not text.lower().startswith("http"):
            raise InvalidSchema(f"No connection adapters were found for {text!r}")
        try:
            parts = urllib.parse.urlsplit(text)
        except ValueError as error:
            raise InvalidURL(str(error)) from None
        if not parts.scheme:
            raise MissingSchema(f"Invalid URL {text!r}: No scheme supplied. Perhaps you meant https://{text}?")
        if not parts.hostname:
            raise InvalidURL(f"Invalid URL {text!r}: No host supplied")
        query = encode_params(params or {})
        query = query.decode() if isinstance(query, bytes) else query
        joined = "&".join(part for part in (parts.query, query) if part)
        netloc, path = _ascii_netloc(parts), _without_dots(parts.path) or "/"
        path, joined, fragment = (ESCAPE.sub(lambda found: found[0].upper(), part) for part in (path, joined, parts.fragment))
        self.url = requote_uri(urllib.parse.urlunsplit((parts.scheme, netloc, path, joined, fragment)))

    def copy(self):
        made = PreparedRequest()
        made.method, made.url, made.body = self.method, self.url, self.body
        made.headers, made._cookies = self.headers.copy(), self._cookies
        return made

    @property
    def path_url(self):
        parts = urllib.parse.urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def prepare_headers(self, headers):
        self.headers = CaseInsensitiveDict()
        for name, value in (headers or {}).items():
            name = name.decode("latin-1") if isinstance(name, bytes) else name
            if not isinstance(name, str):
                raise InvalidHeader(f"Header part ({name!r}) from ({name!r}, {value!r}) must be of type str or bytes, not {type(name)}")
            if not re.match(r"[^:\s][^:\r\n]*\Z", name):
                raise InvalidHeader(f"Invalid leading whitespace, reserved character(s), or return character(s) in header name: {name!r}")
            value = value.decode("latin-1") if isinstance(value, bytes) else value
            if not isinstance(value, str):
                raise InvalidHeader(f"Header part ({value!r}) from ({name!r}, {value!r}) must be of type str or bytes, not {type(value)}")
            if re.search(r"^\s|[\r\n]", value):
                raise InvalidHeader(f"Invalid leading whitespace, reserved character(s), or return character(s) in header value: {value!r}")
            self.headers[name] = value

    def prepare_body(self, data, files, json=None):
        body, kind = None, None
        if not data and json is not None:
            try:
                body, kind = _json.dumps(json, allow_nan=False).encode(), "application/json"
            except ValueError as error:
                raise InvalidJSONError(error, request=self) from None
        elif files:
            body, kind = _multipart(files, data)
        elif data:
            if isinstance(data, (str, bytes, bytearray)):
                body = data if isinstance(data, str) else bytes(data)
                kind = "application/x-www-form-urlencoded" if isinstance(data, str) else None
            elif hasattr(data, "read"):
                body = data.read()
                body = body.encode() if isinstance(body, str) else body
            elif hasattr(data, "items") or isinstance(data, (list, tuple)):
                body, kind = encode_params(data), "application/x-www-form-urlencoded"
            else:
                body = b"".join(piece.encode() if isinstance(piece, str) else piece for piece in data)
        if kind and "Content-Type" not in self.headers:
            self.headers["Content-Type"] = kind
        if body:
            self.headers["Content-Length"] = str(len(body.encode() if isinstance(body, str) else body))
        elif self.method not in ("GET", "HEAD"):
            self.headers["Content-Length"] = "0"
        self.body = body

    def __repr__(self):
        return f"<PreparedRequest [{self.method}]>"


def _encoding_of(headers):
    kind = headers.get("content-type")
    if not kind:
        return None
    message = Message()
    message["content-type"] = kind
    charset = message.get_param("charset")
    if charset:
        return str(charset).strip("'\"")
    if "text" in message.get_content_type():
        return "ISO-8859-1"
    return "utf-8" if "application/json" in kind else None


class Response:
    """The answer to a request."""

    def __init__(self):
        self._content = False
        self._consumed = False
        self._exchange = None
        self.status_code = None
        self.headers = CaseInsensitiveDict()
        self.url = None
        self.encoding = None
        self.history = []
        self.reason = None
        self.cookies = cookiejar_from_dict({})
        self.elapsed = datetime.timedelta(0)
        self.request = None
        self.raw = None

    def _piece(self):
        try:
            return self._exchange.piece() if self._exchange is not None else b""
        except door.Waited as error:
            raise ReadTimeout(str(error), request=self.request) from None
        except door.Refused as error:
            raise ConnectionError(str(error), request=self.request, code=error.code) from None

    @property
    def content(self):
        if self._content is False:
            if self._consumed:
                raise RuntimeError("The content for this response was already consumed")
            pieces = []
            while piece := self._piece():
                pieces.append(piece)
            self._content = b"".join(pieces)
        self._consumed = True
        return self._content

    @property
    def apparent_encoding(self):
        return "utf-8"

    @property
    def text(self):
        if not self.content:
            return ""
        try:
            return str(self.content, self.encoding or self.apparent_encoding, errors="replace")
        except (LookupError, TypeError):
            return str(self.content, errors="replace")

    def json(self, **kwargs):
        text = self.content
        try:
            text = text.decode(_json.detect_encoding(text)) if not self.encoding and len(text) > 3 else self.text
        except UnicodeDecodeError:
            text = self.text
        try:
            return _json.loads(text, **kwargs)
        except _json.JSONDecodeError as error:
            raise JSONDecodeError(error.msg, error.doc, error.pos) from None

    def iter_content(self, chunk_size=1, decode_unicode=False):
        if self._consumed and self._content is False:
            raise StreamConsumedError()

        def pieces():
            if self._content is not False:
                yield self._content
                return
            self._consumed = True
            while piece := self._piece():
                yield piece

        def cut():
            left = b""
            for piece in pieces():
                if chunk_size is None:
                    yield piece
                    continue
                left += piece
                while len(left) >= chunk_size:
                    yield left[:chunk_size]
                    left = left[chunk_size:]
            if left:
                yield left

        if not decode_unicode or self.encoding is None:
            return cut()
        return codecs.iterdecode(cut(), self.encoding, "replace")

    def iter_lines(self, chunk_size=512, decode_unicode=False, delimiter=None):
        pending = None
        for chunk in self.iter_content(chunk_size=chunk_size, decode_unicode=decode_unicode):
            if pending is not None:
                chunk = pending + chunk
            lines = chunk.split(delimiter) if delimiter else chunk.splitlines()
            pending = lines.pop() if lines and lines[-1] and chunk and lines[-1][-1] == chunk[-1] else None
            yield from lines
        if pending is not None:
            yield pending

    @property
    def ok(self):
        return not 400 <= self.status_code < 600

    @property
    def next(self):
        """The request that `location` asks for, of an answer that was not followed."""
        from .sessions import Session

        return Session()._redirected(self.request, self) if self.is_redirect else None

    @property
    def is_redirect(self):
        return "location" in self.headers and self.status_code in REDIRECTS

    @property
    def is_permanent_redirect(self):
        return "location" in self.headers and self.status_code in (301, 308)

    @property
    def links(self):
        found = {}
        for target, rest in re.findall(r"<([^>]*)>([^<]*)", self.headers.get("link", "")):
            link = {"url": target, **dict(re.findall(r';\s*(\w+)="?([^";,]*)"?', rest))}
            found[link.get("rel") or link["url"]] = link
        return found

    def raise_for_status(self):
        kind = "Client" if 400 <= self.status_code < 500 else "Server" if 500 <= self.status_code < 600 else None
        if kind:
            raise HTTPError(f"{self.status_code} {kind} Error: {self.reason} for url: {self.url}", response=self)

    def close(self):
        if self._content is False and self._exchange is not None:
            self._exchange.cancel()

    def __bool__(self):
        return self.ok

    def __iter__(self):
        return self.iter_content(128)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __repr__(self):
        return f"<Response [{self.status_code}]>"


def received(exchange, request, elapsed):
    response = Response()
    response._exchange = exchange
    response.status_code, response.reason, response.url = exchange.status, exchange.reason, exchange.url
    for name, value in exchange.headers:
        known = response.headers.get(name)
        response.headers[name] = value if known is None else f"{known}, {value}"
    response.encoding = _encoding_of(response.headers)
    response.elapsed = datetime.timedelta(seconds=elapsed)
    response.request = request
    return response

"""Responses as they are read."""
import codecs
import datetime
import json as _json
import re
from email.message import Message

from _baton import http as door

from .cookies import cookiejar_from_dict
from .exceptions import ChunkedEncodingError, ConnectionError, ContentDecodingError, HTTPError, JSONDecodeError, StreamConsumedError
from .structures import CaseInsensitiveDict

REDIRECTS = (301, 302, 303, 307, 308)
#: What a body that ends too early is called, by the host's code.
BROKEN = {"EGRESS_NETWORK": ChunkedEncodingError, "EGRESS_ENCODING": ContentDecodingError}
PIECE = 65_536


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


class Raw(door.Answer):
    """The body as a file, as far as code that streams reads it."""

    def read(self, amt=None, decode_content=None, cache_content=False):
        return super().read(-1 if amt is None else amt)

    def stream(self, amt=PIECE, decode_content=None):
        while piece := self.read(amt):
            yield piece

    @property
    def data(self):
        return self.read()

    def release_conn(self):
        pass


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
        self._raw = None

    @property
    def raw(self):
        if self._raw is None and self._exchange is not None:
            self._raw = Raw(self._exchange)
        return self._raw

    @raw.setter
    def raw(self, file):
        self._raw = file

    def _piece(self):
        if self._exchange is None:
            return b"" if self._raw is None else self._raw.read(PIECE)
        try:
            return self._exchange.piece()
        except door.Waited:
            # As requests has it: a ReadTimeout is of the head alone.
            raise ConnectionError("Read timed out.", request=self.request) from None
        except door.Refused as error:
            kind = BROKEN.get(error.code, ConnectionError)
            raise kind(str(error), request=self.request, code=error.code) from None

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
        if chunk_size is not None and not isinstance(chunk_size, int):
            raise TypeError(f"chunk_size must be an int, it is instead a {type(chunk_size)}.")

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
                if chunk_size is None or chunk_size <= 0:
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

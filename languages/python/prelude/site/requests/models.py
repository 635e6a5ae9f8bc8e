"""Requests as they are prepared."""
import json as _json
import re
import urllib.parse
from http.cookiejar import CookieJar

from _baton import http as door

from .bodies import encode_params, multipart
from .cookies import cookiejar_from_dict
from .exceptions import InvalidHeader, InvalidJSONError, InvalidSchema, InvalidURL, MissingSchema
from .responses import REDIRECTS, Response, received  # noqa: F401
from .structures import CaseInsensitiveDict
from .utils import requote_uri

ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")


def _encoded(part):
    """A part in which any % is no escape has none; brackets are for hosts."""
    part, escapes = ESCAPE.subn(lambda found: found[0].upper(), part)
    if part.count("%") != escapes:
        part = part.replace("%", "%25")
    return part.replace("[", "%5B").replace("]", "%5D")


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


class _Hooks:
    """What is called with each response."""

    def register_hook(self, event, hook):
        if event not in self.hooks:
            raise ValueError(f'Unsupported event specified, with event name "{event}"')
        self.hooks[event].extend([hook] if callable(hook) else [each for each in hook if callable(each)])

    def deregister_hook(self, event, hook):
        try:
            self.hooks[event].remove(hook)
        except ValueError:
            return False
        return True


class Request(_Hooks):
    def __init__(self, method=None, url=None, headers=None, files=None, data=None, params=None, auth=None, cookies=None, hooks=None, json=None):
        self.method, self.url, self.headers, self.files = method, url, headers or {}, files or []
        self.data, self.params, self.auth, self.cookies, self.json = data or [], params or {}, auth, cookies, json
        self.hooks = {"response": []}
        for event, hook in (hooks or {}).items():
            self.register_hook(event, hook)

    def prepare(self):
        return PreparedRequest().prepare(
            self.method, self.url, self.headers, self.files, self.data, self.params, self.auth, self.cookies, self.hooks, self.json
        )

    def __repr__(self):
        return f"<Request [{self.method}]>"


class PreparedRequest(_Hooks):
    _cookies = None

    def __init__(self):
        self.hooks = {"response": []}

    def prepare(
        self, method=None, url=None, headers=None, files=None, data=None, params=None, auth=None, cookies=None, hooks=None, json=None
    ):
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
        # An authenticator may have registered one of its own.
        for event, hook in (hooks or {}).items():
            self.register_hook(event, hook)
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
        own, path, fragment = (_encoded(part) for part in (parts.query, parts.path, parts.fragment))
        joined = "&".join(part for part in (own, query) if part)
        netloc, path = _ascii_netloc(parts), _without_dots(path) or "/"
        self.url = requote_uri(urllib.parse.urlunsplit((parts.scheme, netloc, path, joined, fragment)))

    def copy(self):
        made = PreparedRequest()
        made.method, made.url, made.body = self.method, self.url, self.body
        made.headers, made._cookies, made.hooks = self.headers.copy(), self._cookies, self.hooks
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
            body, kind = multipart(files, data)
        elif data:
            if isinstance(data, (str, bytes, bytearray)):
                body = data if isinstance(data, str) else bytes(data)
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

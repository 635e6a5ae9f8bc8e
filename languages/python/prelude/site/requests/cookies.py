"""Cookies between the requests of one session, kept by Python's own rules."""
import copy
import email.message
import http.cookiejar
import urllib.request
from collections.abc import MutableMapping


class CookieConflictError(RuntimeError):
    """Several cookies have the name."""


class RequestsCookieJar(http.cookiejar.CookieJar, MutableMapping):
    """A jar that also reads and writes as a dict."""

    def get(self, name, default=None, domain=None, path=None):
        try:
            return self._only(name, domain, path)
        except KeyError:
            return default

    def set(self, name, value, domain="", path="/", **rest):
        if value is None:
            return self._remove(name, domain or None, rest.get("path"))
        cookie = create_cookie(name, value, domain, path)
        self.set_cookie(cookie)
        return cookie

    def _found(self, name, domain=None, path=None):
        return [cookie for cookie in self if cookie.name == name and domain in (None, cookie.domain) and path in (None, cookie.path)]

    def _only(self, name, domain=None, path=None):
        found = self._found(name, domain, path)
        if len(found) > 1:
            raise CookieConflictError(f"There are multiple cookies with name, {name!r}")
        if not found:
            raise KeyError(f"name={name!r}, domain={domain!r}, path={path!r}")
        return found[0].value

    def _remove(self, name, domain=None, path=None):
        for cookie in self._found(name, domain, path):
            self.clear(cookie.domain, cookie.path, cookie.name)

    def get_dict(self, domain=None, path=None):
        return {cookie.name: cookie.value for cookie in self if domain in (None, cookie.domain) and path in (None, cookie.path)}

    def update(self, other):
        for cookie in other if isinstance(other, http.cookiejar.CookieJar) else cookiejar_from_dict(other):
            self.set_cookie(copy.copy(cookie))

    def iterkeys(self):
        return (cookie.name for cookie in self)

    def itervalues(self):
        return (cookie.value for cookie in self)

    def iteritems(self):
        return ((cookie.name, cookie.value) for cookie in self)

    def keys(self):
        return list(self.iterkeys())

    def values(self):
        return list(self.itervalues())

    def items(self):
        return list(self.iteritems())

    def list_domains(self):
        return list(dict.fromkeys(cookie.domain for cookie in self))

    def list_paths(self):
        return list(dict.fromkeys(cookie.path for cookie in self))

    def multiple_domains(self):
        domains = [cookie.domain for cookie in self if cookie.domain is not None]
        return len(domains) != len(set(domains))

    def copy(self):
        made = RequestsCookieJar()
        made.set_policy(self._policy)
        made.update(self)
        return made

    def __contains__(self, name):
        return bool(self._found(name))

    def __getitem__(self, name):
        return self._only(name)

    def __setitem__(self, name, value):
        self.set(name, value)

    def __delitem__(self, name):
        self._remove(name)


def create_cookie(name, value, domain="", path="/"):
    return http.cookiejar.Cookie(
        0, name, value, None, False, domain, bool(domain), domain.startswith("."), path, True, False, None, True, None, None, {}
    )


def cookiejar_from_dict(values, jar=None):
    jar = RequestsCookieJar() if jar is None else jar
    for name, value in (values or {}).items():
        jar.set_cookie(create_cookie(name, value))
    return jar


class _Headers:
    """What the jar asks of a response."""

    def __init__(self, pairs):
        self._message = email.message.Message()
        for name, value in pairs:
            self._message[name] = value

    def info(self):
        return self._message


def extract(jar, url, pairs):
    if any(name.lower() == "set-cookie" for name, _ in pairs):
        jar.extract_cookies(_Headers(pairs), urllib.request.Request(url))


def header_for(jar, url):
    request = urllib.request.Request(url)
    jar.add_cookie_header(request)
    fitting = request.get_header("Cookie")
    shown = fitting.split("; ") if fitting else []
    loose = (f"{cookie.name}={cookie.value}" for cookie in jar if cookie.domain == "")
    return "; ".join([*shown, *(part for part in loose if part not in shown)])

"""Cookies between the requests of one session, kept by Python's own rules."""
import email.message
import http.cookiejar
import urllib.request


class RequestsCookieJar(http.cookiejar.CookieJar):
    """A jar that also reads and writes as a dict."""

    def get(self, name, default=None, domain=None, path=None):
        for cookie in self:
            if cookie.name == name and domain in (None, cookie.domain) and path in (None, cookie.path):
                return cookie.value
        return default

    def set(self, name, value, domain="", path="/", **_):
        self.set_cookie(create_cookie(name, value, domain, path))

    def get_dict(self, domain=None, path=None):
        return {cookie.name: cookie.value for cookie in self if domain in (None, cookie.domain) and path in (None, cookie.path)}

    def update(self, other):
        for cookie in other if isinstance(other, http.cookiejar.CookieJar) else cookiejar_from_dict(other):
            self.set_cookie(cookie)

    def keys(self):
        return [cookie.name for cookie in self]

    def values(self):
        return [cookie.value for cookie in self]

    def items(self):
        return [(cookie.name, cookie.value) for cookie in self]

    def __contains__(self, name):
        return any(cookie.name == name for cookie in self)

    def __getitem__(self, name):
        for cookie in self:
            if cookie.name == name:
                return cookie.value
        raise KeyError(name)

    def __setitem__(self, name, value):
        self.set(name, value)

    def __delitem__(self, name):
        for cookie in [cookie for cookie in self if cookie.name == name]:
            self.clear(cookie.domain, cookie.path, cookie.name)


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

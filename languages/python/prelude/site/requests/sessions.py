"""Sessions: what several requests have in common, and the way of each to the host."""
import time
import urllib.parse

from _baton import http as door

from .adapters import HTTPAdapter
from .cookies import RequestsCookieJar, cookiejar_from_dict, extract, header_for
from .exceptions import ConnectionError, ConnectTimeout, InvalidSchema, InvalidURL, ReadTimeout, SSLError, TooManyRedirects
from .models import PreparedRequest, Request, received
from .structures import CaseInsensitiveDict
from .utils import requote_uri

#: The host's own to set.
UNSENT = ("host", "content-length", "transfer-encoding")
USER_AGENT = "python-requests/2.32 (baton)"


def default_headers():
    return CaseInsensitiveDict({"User-Agent": USER_AGENT, "Accept": "*/*"})


def merged(own, given):
    """`given` over `own`; None takes away."""
    if given is None:
        return own
    if not hasattr(given, "items") or not hasattr(own, "items"):
        return given or own
    made = CaseInsensitiveDict(own) if isinstance(own, CaseInsensitiveDict) else dict(own)
    for key, value in given.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = value
    return made


class Session:
    def __init__(self):
        self.headers = default_headers()
        self.auth = None
        self.params = {}
        self.cookies = RequestsCookieJar()
        self.hooks = {"response": []}
        self.verify, self.cert, self.proxies, self.stream, self.trust_env = True, None, {}, False, False
        self.max_redirects = 30
        self.adapters = {"https://": HTTPAdapter(), "http://": HTTPAdapter()}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        pass

    def mount(self, prefix, adapter):
        self.adapters[prefix] = adapter

    def get_adapter(self, url):
        found = [prefix for prefix in self.adapters if url.lower().startswith(prefix.lower())]
        if not found:
            raise InvalidSchema(f"No connection adapters were found for {url!r}")
        return self.adapters[max(found, key=len)]

    def prepare_request(self, request):
        prepared = PreparedRequest()
        cookies = RequestsCookieJar()
        cookies.update(request.cookies or {})
        prepared.prepare(
            method=request.method,
            url=request.url,
            headers=merged(self.headers, request.headers),
            files=request.files,
            data=request.data,
            json=request.json,
            params=merged(self.params, request.params),
            auth=request.auth or self.auth,
            hooks=request.hooks if request.hooks["response"] or not self.hooks else self.hooks,
        )
        prepared._cookies = cookies
        if "Cookie" not in prepared.headers:
            self._add_cookies(prepared)
        return prepared

    def request(self, method, url, params=None, data=None, headers=None, cookies=None, files=None, auth=None, timeout=None,
                allow_redirects=True, proxies=None, hooks=None, stream=None, verify=None, cert=None, json=None):
        if proxies:
            raise ConnectionError("an action chooses no proxy: the host carries its requests")
        if cert is not None:
            raise ConnectionError("an action has no client certificates: secrets go into headers")
        if isinstance(cookies, dict):
            cookies = cookiejar_from_dict(cookies)
        request = Request(method, url, headers, files, data, params, auth, cookies, hooks, json)
        return self.send(self.prepare_request(request), timeout=timeout, allow_redirects=allow_redirects, stream=stream)

    def send(self, request, timeout=None, allow_redirects=True, stream=None, **_):
        """Each hop is a request of its own, so that cookies set on the way are kept and `history` tells it."""
        seconds = _seconds(timeout)
        history = []
        while True:
            response = self._once(request, seconds)
            for hook in list(request.hooks["response"]):
                changed = hook(response, timeout=timeout, stream=stream)
                response = response if changed is None else changed
            if not allow_redirects or not response.is_redirect:
                break
            response.content
            if len(history) >= self.max_redirects:
                raise TooManyRedirects(f"Exceeded {self.max_redirects} redirects.", response=response)
            history.append(response)
            request = self._redirected(request, response)
        response.history = history
        if not (self.stream if stream is None else stream):
            response.content
        return response

    def _once(self, request, seconds):
        began = time.monotonic()
        try:
            headers = [(name, value) for name, value in request.headers.items() if name.lower() not in UNSENT]
            body = request.body.encode() if isinstance(request.body, str) else request.body
            exchange = door.Exchange(request.method, _without_user(request.url), headers, body, False, seconds)
        except door.Waited as error:
            raise ReadTimeout(f"Read timed out: {error}", request=request) from None
        except door.Refused as error:
            raise _fault(error, request) from None
        response = received(exchange, request, time.monotonic() - began)
        response.url = request.url
        for jar in (self.cookies, response.cookies):
            extract(jar, request.url, exchange.headers)
        return response

    def _redirected(self, request, response):
        """As browsers do it, and as requests does."""
        target = response.headers["location"].encode("latin-1", "replace").decode("utf-8", "replace")
        url = urllib.parse.urljoin(request.url, requote_uri(target))
        found, before = urllib.parse.urlsplit(url), urllib.parse.urlsplit(request.url)
        if not found.fragment and before.fragment:
            url = found._replace(fragment=before.fragment).geturl()
        if found.scheme not in ("http", "https"):
            raise InvalidSchema(f"No connection adapters were found for {url!r}")
        again = request.copy()
        again.url = url
        if request.method != "HEAD" and (response.status_code in (302, 303) or (response.status_code == 301 and request.method == "POST")):
            again.method = "GET"
        if response.status_code not in (307, 308):
            again.body = None
            for name in ("Content-Length", "Content-Type", "Transfer-Encoding"):
                again.headers.pop(name, None)
        if _leaves(before, found):
            again.headers.pop("Authorization", None)
        again.headers.pop("Cookie", None)
        self._add_cookies(again)
        return again

    def _add_cookies(self, prepared):
        parts = [header_for(self.cookies, prepared.url), header_for(prepared._cookies, prepared.url)]
        shown = "; ".join(part for part in parts if part)
        if shown:
            prepared.headers["Cookie"] = shown

    def get(self, url, **kwargs):
        return self.request("GET", url, **kwargs)

    def options(self, url, **kwargs):
        return self.request("OPTIONS", url, **kwargs)

    def head(self, url, **kwargs):
        kwargs.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **kwargs)

    def post(self, url, data=None, json=None, **kwargs):
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url, data=None, **kwargs):
        return self.request("PUT", url, data=data, **kwargs)

    def patch(self, url, data=None, **kwargs):
        return self.request("PATCH", url, data=data, **kwargs)

    def delete(self, url, **kwargs):
        return self.request("DELETE", url, **kwargs)


def _seconds(timeout):
    """What may be given is a number, two of them, or nothing; the host bounds the whole of it."""
    parts = timeout if isinstance(timeout, tuple) else (timeout,)
    if len(parts) > 2:
        raise ValueError(f"Invalid timeout {timeout}. Pass a (connect, read) timeout tuple, or a single float to set both timeouts to the same value.")
    for part in parts:
        if part is None:
            continue
        try:
            seconds = float(part)
        except (TypeError, ValueError):
            raise ValueError(f"Timeout value connect was {part}, but it must be an int, float or None.") from None
        if isinstance(part, bool):
            raise ValueError("Timeout cannot be a boolean value. It must be an int, float or None.")
        if seconds <= 0:
            raise ValueError(f"Attempted to set connect timeout to {part}, but the timeout cannot be set to a value less than or equal to 0.")
    return sum(float(part or 0) for part in parts) or None


def _without_user(url):
    """Who asks stands in a header; the host takes no address with it."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else url


def _leaves(before, found):
    """Whether what was meant for one server would go to another."""
    if before.hostname != found.hostname:
        return True
    usual = {"http": 80, "https": 443}
    ports = [parts.port or usual.get(parts.scheme) for parts in (before, found)]
    if (before.scheme, ports[0], found.scheme, ports[1]) == ("http", 80, "https", 443):
        return False
    return before.scheme != found.scheme or ports[0] != ports[1]


def _fault(error, request):
    kinds = {"TIMEOUT": ConnectTimeout, "TLS": SSLError, "CERT": SSLError, "REDIRECTS": TooManyRedirects, "URL": InvalidURL}
    kind = next((kind for part, kind in kinds.items() if part in error.code), ConnectionError)
    return kind(str(error), request=request, code=error.code)


def session():
    return Session()

"""Sessions: what several requests have in common, and the way of each to the host."""
import time

from _baton import http as door

from .adapters import HTTPAdapter
from .cookies import RequestsCookieJar, cookiejar_from_dict, extract, header_for
from .exceptions import ConnectionError, ConnectTimeout, InvalidURL, ReadTimeout, SSLError, TooManyRedirects
from .models import PreparedRequest, Request, received
from .structures import CaseInsensitiveDict

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
            cookies=cookies,
        )
        own = header_for(self.cookies, prepared.url)
        if own:
            given = prepared.headers.get("Cookie")
            prepared.headers["Cookie"] = f"{own}; {given}" if given else own
        return prepared

    def request(self, method, url, params=None, data=None, headers=None, cookies=None, files=None, auth=None, timeout=None,
                allow_redirects=True, proxies=None, hooks=None, stream=None, verify=None, cert=None, json=None):
        if proxies:
            raise ConnectionError("an action chooses no proxy: the host carries its requests")
        if cert is not None:
            raise ConnectionError("an action has no client certificates: secrets go into headers")
        if isinstance(cookies, dict):
            cookies = cookiejar_from_dict(cookies)
        request = Request(method, url, headers, files, data, params, auth, cookies, json=json)
        return self.send(self.prepare_request(request), timeout=timeout, allow_redirects=allow_redirects, stream=stream, hooks=hooks)

    def send(self, request, timeout=None, allow_redirects=True, stream=None, hooks=None, **_):
        timeout = sum(part or 0 for part in timeout) or None if isinstance(timeout, tuple) else timeout
        began = time.monotonic()
        try:
            headers = [(name, value) for name, value in request.headers.items() if name.lower() not in ("host", "content-length")]
            exchange = door.Exchange(request.method, request.url, headers, request.body, allow_redirects, timeout)
        except door.Waited as error:
            raise ReadTimeout(f"Read timed out: {error}", request=request) from None
        except door.Refused as error:
            raise _fault(error, request) from None
        response = received(exchange, request, time.monotonic() - began)
        extract(self.cookies, response.url or request.url, exchange.headers)
        extract(response.cookies, response.url or request.url, exchange.headers)
        if not (self.stream if stream is None else stream):
            response.content
        for hook in _hooks(self.hooks) + _hooks(hooks or {}):
            response = hook(response) or response
        return response

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


def _hooks(given):
    found = given.get("response") or []
    return list(found) if isinstance(found, (list, tuple)) else [found]


def _fault(error, request):
    kinds = {"TIMEOUT": ConnectTimeout, "TLS": SSLError, "CERT": SSLError, "REDIRECTS": TooManyRedirects, "URL": InvalidURL}
    kind = next((kind for part, kind in kinds.items() if part in error.code), ConnectionError)
    return kind(str(error), request=request, code=error.code)


def session():
    return Session()

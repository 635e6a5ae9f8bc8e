"""Who asks: what a request's `auth` may be."""
from _baton import http as door


def _basic_auth_str(username, password):
    return door.basic(username, password)


class AuthBase:
    def __call__(self, request):
        raise NotImplementedError("Auth hooks must be callable.")


class HTTPBasicAuth(AuthBase):
    def __init__(self, username, password):
        self.username = username
        self.password = password

    def __eq__(self, other):
        return (self.username, self.password) == (getattr(other, "username", None), getattr(other, "password", None))

    def __call__(self, request):
        request.headers["Authorization"] = door.basic(self.username, self.password)
        return request


class HTTPProxyAuth(HTTPBasicAuth):
    def __call__(self, request):
        request.headers["Proxy-Authorization"] = door.basic(self.username, self.password)
        return request


class HTTPDigestAuth(AuthBase):
    def __init__(self, username, password):
        raise NotImplementedError("digest authentication is not supported here: use HTTPBasicAuth or a header of your own")

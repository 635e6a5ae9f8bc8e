"""What code imports from requests beside the requests themselves."""
import urllib.parse
from urllib.parse import quote, unquote, unquote_to_bytes, urlparse, urlunparse  # noqa: F401

from .bodies import guess_filename  # noqa: F401
from .cookies import cookiejar_from_dict
from .structures import CaseInsensitiveDict

_SAFE = "!#$%&'()*+,/:;=?@[]~"
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def unquote_unreserved(uri):
    """Takes the escape from what needs none; what is no escape ends as InvalidURL."""
    from .exceptions import InvalidURL

    first, *parts = uri.split("%")
    for part in parts:
        code = part[:2]
        if len(code) == 2 and code.isalnum():
            try:
                char = chr(int(code, 16))
            except ValueError:
                raise InvalidURL(f"Invalid percent-escape sequence: '{code}'") from None
            first += char + part[2:] if char in _UNRESERVED else f"%{part}"
        else:
            first += f"%{part}"
    return first


def requote_uri(uri):
    """Quotes what has to be, once."""
    from .exceptions import InvalidURL

    try:
        return urllib.parse.quote(unquote_unreserved(uri), safe=_SAFE)
    except InvalidURL:
        return urllib.parse.quote(uri, safe=_SAFE.replace("%", ""))


def dict_from_cookiejar(jar):
    return {cookie.name: cookie.value for cookie in jar}


def add_dict_to_cookiejar(jar, values):
    return cookiejar_from_dict(values, jar)


def get_encoding_from_headers(headers):
    from .responses import _encoding_of

    return _encoding_of(CaseInsensitiveDict(headers))


def parse_header_links(value):
    links = []
    for part in value.strip(" '\"").split(","):
        url, _, rest = part.partition(";")
        link = {"url": url.strip("<> '\"")}
        for pair in rest.split(";"):
            name, found, text = pair.partition("=")
            if not found:
                break
            link[name.strip(" '\"")] = text.strip(" '\"")
        links.append(link)
    return links


def default_user_agent(name="python-requests"):
    from .sessions import USER_AGENT

    return USER_AGENT.replace("python-requests", name)


def default_headers():
    from .sessions import default_headers as made

    return made()


def get_auth_from_url(url):
    parts = urllib.parse.urlsplit(url)
    return (unquote(parts.username or ""), unquote(parts.password or ""))

"""Names that code written for several versions of Python imports from here."""
import http.cookiejar as cookielib  # noqa: F401
import json  # noqa: F401
from collections import OrderedDict  # noqa: F401
from collections.abc import Callable, Mapping, MutableMapping  # noqa: F401
from http.cookies import Morsel  # noqa: F401
from io import StringIO  # noqa: F401
from json import JSONDecodeError  # noqa: F401
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urldefrag, urlencode, urljoin, urlparse, urlsplit, urlunparse  # noqa: F401

is_py2, is_py3 = False, True
builtin_str, str, bytes, basestring = str, str, bytes, (str, bytes)
numeric_types, integer_types = (int, float), (int,)

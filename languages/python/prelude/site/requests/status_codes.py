"""`requests.codes.not_found` and its relatives, from the names that Python has for the statuses."""
import http

from .structures import LookupDict

codes = LookupDict()
for _status in http.HTTPStatus:
    setattr(codes, _status.name.lower(), _status.value)
    setattr(codes, _status.name, _status.value)
for _name, _value in {"okay": 200, "all_ok": 200, "unprocessable_entity": 422, "rate_limited": 429, "server_error": 500}.items():
    setattr(codes, _name, _value)

"""`requests.codes.not_found` and its relatives: the names that Python has for the statuses, and those that requests gives beside them."""
import http

from .structures import LookupDict

MORE = {
    103: "checkpoint", 200: "okay all_ok all_okay all_good \\o/ ✓", 203: "non_authoritative_info", 205: "reset", 206: "partial",
    207: "multiple_status multi_stati multiple_stati", 301: "moved \\o-", 303: "other", 306: "switch_proxy", 307: "temporary_moved temporary",
    308: "resume_incomplete resume", 400: "bad", 402: "payment", 404: "-o-", 405: "not_allowed",
    407: "proxy_auth proxy_authentication", 408: "timeout", 413: "content_too_large", 414: "uri_too_long request_uri_too_large",
    415: "unsupported_media media_type", 416: "requested_range range_not_satisfiable", 418: "teapot i_am_a_teapot",
    422: "unprocessable unprocessable_content unprocessable_entity", 424: "dependency", 425: "unordered_collection unordered", 426: "upgrade",
    428: "precondition", 429: "too_many", 431: "header_fields_too_large fields_too_large", 444: "no_response none", 449: "retry_with retry",
    450: "blocked_by_windows_parental_controls parental_controls", 451: "legal_reasons", 499: "client_closed_request", 500: "server_error /o\\ ✗",
    503: "unavailable", 505: "http_version", 509: "bandwidth_limit_exceeded bandwidth", 511: "network_auth network_authentication",
}

codes = LookupDict()
for _status, _names in [*((status.value, status.name.lower()) for status in http.HTTPStatus), *MORE.items()]:
    for _name in _names.split():
        setattr(codes, _name, _status)
        if not _name.startswith(("\\", "/")):
            setattr(codes, _name.upper(), _status)

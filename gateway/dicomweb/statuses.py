"""The status codes and the two documented sets.

Rule 1. `DICOM_SET` is PS3.2 2024e Table N.7-88, which holds the same codes as PS3.18 Table 8.5-1. The table
        lets a product add rows; an added row (429 by default) belongs to the policy and changes nothing here.
Rule 2. `DCS_SET` is the API table of a cloud service. Its code names are sent as reason phrases. Its
        descriptions are not used: where they contradict RFC 9110 (204, 303, 500, 502, 503, 504) the RFC wins.
Rule 3. A documented code is not always a code to send: 1xx never ends an exchange, 305 is deprecated, 306 is
        reserved.

This module never chooses a code; it only says what the codes are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True)
class StatusCode:
    code: int
    name: str
    meaning: str
    rfc: str
    dicom: bool
    dcs: bool


# PS3.2 2024e Table N.7-88, PS3.18 Table 8.5-1.
DICOM_SET: frozenset[int] = frozenset(
    {200, 201, 202, 203, 204, 205, 206, 301, 303, 304}
    | {400, 401, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 500, 501, 503, 505}
)

# The cloud service's table: every code of the first set and sixteen more.
DCS_SET: frozenset[int] = frozenset(
    DICOM_SET | {100, 101, 300, 302, 305, 306} | {402, 407, 408, 412, 416, 417, 422, 429, 502, 504}
)

# Interim answers (RFC 9110 15.2): another response always follows, except after 101.
NEVER_FINAL: frozenset[int] = frozenset(range(100, 200))

# RFC 9110 15.4.6 and 15.4.7: deprecated for security reasons, and reserved. The second table lists both.
NEVER_SENT: frozenset[int] = frozenset({305, 306})

# RFC 9110 15.2.2: no answer of its own, but the end of HTTP on this connection. Not for a documented set to allow: it passes
# where the notification channel is opened (PS3.18 8.10.4), and nowhere else.
SWITCHING_PROTOCOLS: int = 101

# RFC 9110 15.2, 15.3.5, 15.3.6, 15.4.5. (Of 1xx only 101 gets as far as a reply.)
FORBIDS_CONTENT: frozenset[int] = frozenset({SWITCHING_PROTOCOLS, 204, 205, 304})

# code, name, clause (of RFC 9110 where no other is named), meaning
_ROWS: tuple[tuple[int, str, str, str], ...] = (
    # RFC 9110 15.2: interim
    (100, "Continue", "15.2.1", "The head of the request was accepted; send the body now."),
    (101, "Switching Protocols", "15.2.2", "The connection is now the WebSocket of the notifications."),
    # RFC 9110 15.3: success
    (200, "OK", "15.3.1", "All that was asked for was done, and the result is in the body."),
    (201, "Created", "15.3.2", "A new resource exists, a workitem or a subscription; Location names it."),
    (202, "Accepted", "15.3.3", "Taken on, but not complete; after a Store, some instances have failed."),
    (203, "Non-Authoritative Information", "15.3.4", "An intermediary changed the body of a 200."),
    (204, "No Content", "15.3.5", "Done, and there is nothing to send; after a search, no match."),
    (205, "Reset Content", "15.3.6", "Done; the client should reset the view that sent the request."),
    (206, "Partial Content", "15.3.7", "A byte range, or a retrieve from which some targets are missing."),
    # RFC 9110 15.4: redirection
    (300, "Multiple Choices", "15.4.1", "Several representations exist and the client should choose one."),
    (301, "Moved Permanently", "15.4.2", "The resource lives at another service now; Location names it."),
    (302, "Found", "15.4.3", "Look at Location this time; PS3.18 10.4.1.1.4 allows it for a thumbnail."),
    (303, "See Other", "15.4.4", "Another resource answers the request; fetch Location with GET."),
    (304, "Not Modified", "15.4.5", "The condition of the GET or HEAD found the copy still current."),
    (305, "Use Proxy", "15.4.6", "Deprecated, because it told the client which proxy to trust."),
    (306, "Unused", "15.4.7", "Reserved; no meaning."),
    (307, "Temporary Redirect", "15.4.8", "Repeat the same method and body at Location this time."),
    (308, "Permanent Redirect", "15.4.9", "Repeat the same method and body at Location from now on."),
    # RFC 9110 15.5: the request is at fault
    (400, "Bad Request", "15.5.1", "The request is malformed, or a parameter has an invalid value."),
    (401, "Unauthorized", "15.5.2", "Valid credentials are missing; WWW-Authenticate says which are wanted."),
    (402, "Payment Required", "15.5.3", "Reserved for later use."),
    (403, "Forbidden", "15.5.4", "The request was understood and is refused."),
    (404, "Not Found", "15.5.5", "The target does not exist, or its existence is not disclosed."),
    (405, "Method Not Allowed", "15.5.6", "The resource does not support the method; see Allow."),
    (406, "Not Acceptable", "15.5.7", "No media type or transfer syntax that Accept names can be produced."),
    (407, "Proxy Authentication Required", "15.5.8", "A proxy on the way wants credentials of its own."),
    (408, "Request Timeout", "15.5.9", "The complete request did not arrive in time; it may be repeated."),
    (409, "Conflict", "15.5.10", "The state of the target forbids it; after a Store, all failed."),
    (410, "Gone", "15.5.11", "The target existed and was removed for good."),
    (411, "Length Required", "15.5.12", "The request must be repeated with a Content-Length."),
    (412, "Precondition Failed", "15.5.13", "A condition of the request, such as If-Match, did not hold."),
    (413, "Content Too Large", "15.5.14", "The body, the answer or the number of matches is too large."),
    (414, "URI Too Long", "15.5.15", "The request target is longer than the server reads."),
    (415, "Unsupported Media Type", "15.5.16", "The media type of the request body is not supported."),
    (416, "Range Not Satisfiable", "15.5.17", "The byte range lies outside the resource."),
    (417, "Expectation Failed", "15.5.18", "The Expect field cannot be met; repeat without it."),
    (418, "Unused", "15.5.19", "Reserved; no meaning."),
    (421, "Misdirected Request", "15.5.20", "The server does not answer for the host that was named."),
    (422, "Unprocessable Content", "15.5.21", "The body was readable, but what it asks for cannot be done."),
    (424, "Failed Dependency", "RFC 4918 11.4", "Another request failed on which this one relied."),
    (426, "Upgrade Required", "15.5.22", "The server wants another protocol on this connection."),
    (428, "Precondition Required", "RFC 6585 3", "The server insists on a conditional request."),
    (429, "Too Many Requests", "RFC 6585 4", "A limit was reached; Retry-After says when to come back."),
    (431, "Request Header Fields Too Large", "RFC 6585 5", "The header is larger than the server reads."),
    (451, "Unavailable For Legal Reasons", "RFC 7725 3", "The law forbids to deliver the resource."),
    # RFC 9110 15.6: the server is at fault
    (500, "Internal Server Error", "15.6.1", "The server failed, and a repetition may not help."),
    (501, "Not Implemented", "15.6.2", "The server lacks the function, for example for this SOP class."),
    (502, "Bad Gateway", "15.6.3", "A gateway got an answer from the archive that it could not use."),
    (503, "Service Unavailable", "15.6.4", "Overload or maintenance; Retry-After says when to come back."),
    (504, "Gateway Timeout", "15.6.5", "A gateway waited for the archive and got no answer in time."),
    (505, "HTTP Version Not Supported", "15.6.6", "The major HTTP version of the request is not supported."),
    (507, "Insufficient Storage", "RFC 4918 11.5", "The server has no room for what the request must keep."),
    (511, "Network Authentication Required", "RFC 6585 6", "A captive portal wants a login first."),
)


def _status_code(code: int, name: str, clause: str, meaning: str) -> StatusCode:
    rfc = clause if clause.startswith("RFC") else f"RFC 9110 {clause}"
    return StatusCode(code, name, meaning, rfc, dicom=code in DICOM_SET, dcs=code in DCS_SET)


STATUS_CODES: Mapping[int, StatusCode] = MappingProxyType({row[0]: _status_code(*row) for row in _ROWS})

# Where the second table writes a name otherwise than RFC 9110; some of them are the names of older RFCs.
_DCS_SPELLINGS: dict[int, str] = {
    204: "NoContent",
    400: "BadRequest",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "Request Time-out",
    413: "Request Entity Too Large",
    414: "Request-URI Too Large",
    416: "Requested range not satisfiable",
    422: "UnprocessableEntity",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
    504: "ServerTimeout",
    505: "HTTP Version not supported",
}

DCS_NAMES: Mapping[int, str] = MappingProxyType(
    {code: _DCS_SPELLINGS.get(code, STATUS_CODES[code].name) for code in sorted(DCS_SET)}
)


def reason_phrase(code: int, documented_set: Literal["dicom", "dcs"]) -> str:
    """The words after the code on the status line; empty (RFC 9112 4 allows it) for a code without a name."""
    if documented_set == "dcs" and code in DCS_NAMES:
        return DCS_NAMES[code]
    row = STATUS_CODES.get(code)
    return row.name if row else ""

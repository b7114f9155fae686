"""Where the gateway and the two proxies come to different ends, and why each is meant.

By what the difference is, then by the case of tests/wire. A case that is listed and does not differ fails its test, as one
does that differs and is not listed. Where only one of the proxies is laxer than the gateway, nothing is listed: each of them
lets pass what RFC 9112 forbids.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Difference = Literal["looser than HAProxy", "stricter than both", "otherwise than HAProxy", "otherwise than nginx"]
Differences = Mapping[Difference, Mapping[str, str]]

_OWN_FORM = "RFC 9112 3.2.2: to an origin goes the origin form, and no scheme of the client's choice."
_CONTROL = "RFC 9110 5.5: control characters are refused at the door; they reach logs and headers of the archive."
_CHUNK_LINE = "RFC 9112 7.1: a size ends in CRLF. Parsers that read it otherwise are how chunks hide requests."
_PORT = "RFC 3986 3.2.3: no such port. The authority is told to the archive, which builds addresses from it."
_METHOD = "DICOMweb has no such method; what an archive makes of it nobody knows."
_LIMIT = "A limit of the gateway. The proxies have theirs, set wider in this comparison."
_TWO_FRAMINGS = "RFC 9112 6.3 and 6.1: such an answer ought to be handled as an error; another patient's may be inside."
_BLANKS = (
    "RFC 9110 5.5 allows them. aiohttp's parser takes a tab for part of the word, and refusing is the safe reading."
)
_VERSION = (
    "RFC 9110 2.5 would let it pass as HTTP/1.1. No server speaks it, and the parser refuses what it does not know."
)

# What the client sent, and what of it reached the archive.
REQUESTS: Differences = MappingProxyType(
    {
        "looser than HAProxy": {
            "request-line/http-1-0-with-content": "RFC 9110 9.3.1 gives it no meaning and forbids nothing; the length is "
            "there, and the connection is closed behind it.",
        },
        "stricter than both": {
            "chunks/blank-behind-size": _CHUNK_LINE,
            "chunks/lines-end-in-lf": _CHUNK_LINE,
            "chunks/three-hundred-trailers": _LIMIT,
            "connection/expect-something-else": "RFC 9110 10.1.1: an expectation nobody can meet is refused, not forgotten.",
            "connection/max-forwards-0": "RFC 9110 7.6.2: the gateway is the last recipient and answers itself.",
            "fields/content-type-twice": "RFC 9110 5.3: the archive might believe the other of the two.",
            "fields/two-hundred-fields": _LIMIT,
            "fields/value-with-bell": _CONTROL,
            "host/port-in-letters": _PORT,
            "host/port-too-large": _PORT,
            "request-line/method-of-webdav": _METHOD,
            "request-line/method-unknown": _METHOD,
            "target/absolute-ftp": "RFC 9110 7.4: what is asked for is not ours to give.",
            "target/target-of-10000-bytes": _LIMIT,
        },
        "otherwise than HAProxy": {
            "target/absolute": _OWN_FORM,
            "target/absolute-https": _OWN_FORM,
        },
        "otherwise than nginx": {},
    }
)

# What the archive answered, and what of it reached the client to its end.
ANSWERS: Differences = MappingProxyType(
    {
        "looser than HAProxy": {},
        "stricter than both": {
            "framing/chunked-and-length": _TWO_FRAMINGS,
            "framing/chunked-in-http-1-0": _TWO_FRAMINGS,
            "framing/coding-with-blanks": _BLANKS,
            "framing/coding-with-comma": "RFC 9110 5.6.1 allows it. HAProxy sends the chunk sizes on as content.",
            "framing/coding-with-tab": _BLANKS,
            "framing/length-listed-twice": "RFC 9112 6.3 lets the recipient choose; one length is one number.",
            "status-line/code-999": "RFC 9110 15: beyond 599 is no answer. The client gets 503.",
            "status-line/two-spaces": "RFC 9112 4: one space. No archive is known that needs a lenient reading.",
            "status-line/version-1-2": _VERSION,
            "status-line/version-3-0": "RFC 9110 2.5: a major version that is not ours, in a form that is not its.",
        },
        "otherwise than HAProxy": {
            "framing/content-on-205": "RFC 9110 15.3.6: a 205 has no content, so none is passed on.",
        },
        "otherwise than nginx": {
            "framing/content-on-205": "RFC 9110 15.3.6: a 205 has no content, so none is passed on.",
        },
    }
)


def listed(differences: Differences, case: str) -> set[str]:
    return {kind for kind, cases in differences.items() if case in cases}

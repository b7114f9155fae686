"""Which field lines cross the gateway, in both directions, and which are rewritten on the way (RFC 9110 7.6).

Hop-by-hop fields stay behind, and so do those a message names in `Connection`; but that list may not take away what
routes, frames or protects the message. What an untrusted client says about forwarding is dropped and said anew.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from gateway.core.addresses import rebased, rebased_links, rebased_refresh, scheme_of
from gateway.core.cookies import as_own
from gateway.core.fields import Fields

HOP_BY_HOP = frozenset(
    {
        "connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
        "proxy-authenticate", "proxy-authorization", "proxy-authentication-info", "http2-settings",
    }
)  # fmt: skip
# Whom a request came from, through what, and under which name. Any client can write these; archives and the frameworks they
# are made with believe them.
FORWARDING = frozenset(
    {
        "forwarded", "x-forwarded", "x-forwarded-by", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port",
        "x-forwarded-prefix", "x-forwarded-proto", "x-forwarded-scheme", "x-forwarded-server", "x-forwarded-ssl",
        "x-original-forwarded-for", "x-client-ip", "x-cluster-client-ip", "x-real-ip", "true-client-ip", "front-end-https",
    }
)  # fmt: skip
# A `Connection` list may not remove these: that is a known way to strip credentials or change framing.
PROTECTED = FORWARDING | frozenset(
    {
        "host", "content-length", "content-type", "content-encoding", "authorization", "cookie", "set-cookie", "via",
        "cache-control", "www-authenticate", "location", "retry-after", "date", "range", "content-range", "expect",
        "sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-key", "sec-websocket-protocol",
        "sec-websocket-version",
    }
)  # fmt: skip
# Described content: gone when the content is not the archive's own any more.
DESCRIBES_CONTENT = (
    "Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Range", "Content-Disposition",
    "Content-Location", "Content-MD5", "Digest", "Content-Digest", "Repr-Digest", "ETag", "Last-Modified", "Accept-Ranges",
    "Cache-Control", "Expires", "Age", "Pragma",
)  # fmt: skip
# What a message says once (RFC 9110 5.3). Of several lines the first is judged, so the first is sent: many clients would
# believe the last.
SINGLE = frozenset(
    {
        "age", "content-disposition", "content-location", "content-range", "content-type", "date", "etag", "expires",
        "last-modified", "location", "retry-after", "server",
    }
)  # fmt: skip
# What is the gateway's to say, of an answer. Whether a browser must come back over TLS (RFC 6797 7.2) and where else this
# service is to be found (RFC 7838) is told of the host that the browser knows, and that is not the archive.
OURS_TO_SAY = frozenset({"alt-svc", "proxy-status", "strict-transport-security", "via"})
# What may name the archive in an answer, and how it comes to name the gateway.
RENAMED: Mapping[str, Callable[[str, str, str], str]] = MappingProxyType(
    {
        "content-location": rebased,
        "link": rebased_links,
        "location": rebased,
        "refresh": rebased_refresh,
        "set-cookie": as_own,
    }
)
PSEUDONYM = "pacs-gateway"
# What a request may tell anybody: what is wanted and in which form, and who asks in general. No token in a field of its own.
_FOR_ANYBODY = frozenset(
    {
        "host", "via", "user-agent", "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control",
        "pragma", "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range",
    }
)  # fmt: skip

_ILLEGAL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# `javascript:` and its kin are attacks, not addresses; `ws` is where a subscription's events are.
_ADDRESSES = frozenset({"", "http", "https", "ws", "wss"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# CGI and its heirs know a field as HTTP_X_REAL_IP. Some write `_` for a hyphen alone, older ones for any of these.
_HYPHENED = str.maketrans(dict.fromkeys("!#$%&'*+.^_`|~", "-"))
_PLAIN_HOST = re.compile(r"[0-9A-Za-z._~:\[\]-]+")


def end_to_end(fields: Fields) -> list[tuple[str, str]]:
    """The lines that may cross: end-to-end, with a name that is a token and a value without control characters."""
    listed = {name.strip().lower() for value in fields.all("Connection") for name in value.split(",")} - PROTECTED
    return [
        (name, value)
        for name, value in fields
        if (low := name.lower()) not in HOP_BY_HOP
        and low not in listed
        and _TOKEN.fullmatch(name)
        and not _ILLEGAL.search(value)
    ]


def is_looping(fields: Fields) -> bool:
    """Whether this request has passed this gateway before (RFC 9110 7.6.3)."""
    return any(
        part.split()[1:2] == [PSEUDONYM] for value in fields.all("Via") for part in value.split(",") if part.strip()
    )


def request_lines(
    fields: Fields,
    *,
    host: str,
    peer: str,
    scheme: str,
    public_host: str,
    trusted: bool,
    version: str,
    unsaid: frozenset[str] = frozenset(),
) -> list[tuple[str, str]]:
    """The header section of the request as it goes upstream, `Content-Length` and `Transfer-Encoding` left to the writer.

    `peer` is the address the request came from; `trusted` says that it is a proxy of ours, whose word on forwarding
    counts and is added to. `unsaid` names what else the client said and the archive is not to hear.
    """
    drop = {"host", "expect", "content-length", "via", "forwarded"} | unsaid | (set() if trusted else FORWARDING)
    lines = [("Host", host)] + [line for line in end_to_end(fields) if not _is_dropped(line[0].lower(), drop)]
    lines.append(("Via", _via(fields, version)))
    return lines + _forwarded(fields, lines, peer, scheme, public_host, trusted)


def without_secrets(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same for a request that goes on to another host: what was meant for the archive alone stays behind."""
    return [line for line in lines if line[0].lower() in _FOR_ANYBODY]


def _is_dropped(name: str, drop: set[str]) -> bool:
    """Many frameworks read X_Forwarded_For as X-Forwarded-For, so an underscore may not carry what a hyphen may not. A
    proxy of ours writes hyphens: the other spelling is the client's, even behind it."""
    hyphened = name.translate(_HYPHENED)
    return hyphened in drop or (hyphened != name and hyphened in FORWARDING | HOP_BY_HOP)


def _via(fields: Fields, version: str) -> str:
    """RFC 9110 7.6.3: whom the message has passed, and then us."""
    return ", ".join([*_sendable(fields, "Via"), f"{version} {PSEUDONYM}"])


def _sendable(fields: Fields, name: str) -> list[str]:
    return [value for value in fields.all(name) if value and not _ILLEGAL.search(value)]


def _forwarded(
    fields: Fields, lines: list[tuple[str, str]], peer: str, scheme: str, public_host: str, trusted: bool
) -> list[tuple[str, str]]:
    """RFC 7239 and its older cousins. The archive builds addresses from these, so they name what the client sees."""
    node = f'"[{peer}]"' if ":" in peer else peer or "unknown"
    element = f"for={node};host={_bare_if_plain(public_host)};proto={scheme}"
    before = _sendable(fields, "Forwarded") if trusted else []
    added = [("Forwarded", ", ".join([*before, element]))]
    present = {name.lower() for name, _ in lines}
    chain = _sendable(Fields(lines), "X-Forwarded-For")
    lines[:] = [line for line in lines if line[0].lower() != "x-forwarded-for"]
    added.append(("X-Forwarded-For", ", ".join([*chain, peer])))
    for name, value in (("X-Forwarded-Host", public_host), ("X-Forwarded-Proto", scheme)):
        if name.lower() not in present:
            added.append((name, value))
    return added


def _bare_if_plain(host: str) -> str:
    """RFC 7239 4 wants quotes around a host with a port. Orthanc copies them into every RetrieveURL and BulkDataURI, and
    parsers of this field read a bare port too; so quotes are for what would end the value otherwise."""
    return host if _PLAIN_HOST.fullmatch(host) else f'"{host}"'


def response_lines(fields: Fields, *, upstream_origin: str, public_base: str, version: str) -> Fields:
    """The header section of an answer as it leaves: end-to-end lines, in the gateway's own name, and our `Via`.

    `upstream_origin` and `public_base` are scheme and authority, such as `http://pacs.internal:8042`.
    """
    lines = []
    for name, value in _said_once(end_to_end(fields)):
        low = name.lower()
        if low in OURS_TO_SAY or (low == "location" and scheme_of(value) not in _ADDRESSES):
            continue
        renamed = RENAMED.get(low)
        lines.append((name, renamed(value, upstream_origin, public_base) if renamed else value))
    return Fields([*lines, ("Via", _via(fields, version))])


def _said_once(lines: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    said = set()
    for name, value in lines:
        low = name.lower()
        if low not in said:
            yield name, value
        if low in SINGLE:
            said.add(low)

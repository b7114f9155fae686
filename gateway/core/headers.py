"""Which field lines cross the gateway, in both directions, and which are rewritten on the way (RFC 9110 7.6).

Hop-by-hop fields stay behind, and so do those a message names in `Connection`; but that list may not take away what
routes, frames or protects the message. What an untrusted client says about forwarding is dropped and said anew.
"""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from gateway.core.fields import Fields

HOP_BY_HOP = frozenset(
    {
        "connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
        "proxy-authenticate", "proxy-authorization", "proxy-authentication-info", "http2-settings",
    }
)  # fmt: skip
# A `Connection` list may not remove these: that is a known way to strip credentials or change framing.
PROTECTED = frozenset(
    {
        "host", "content-length", "content-type", "content-encoding", "authorization", "cookie", "set-cookie", "via",
        "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "cache-control", "www-authenticate",
        "location", "retry-after", "date", "range", "content-range", "expect",
    }
)  # fmt: skip
FORWARDING = frozenset(
    {
        "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix",
        "x-forwarded-server", "x-real-ip",
    }
)  # fmt: skip
# Described content: gone when the content is not the archive's own any more.
DESCRIBES_CONTENT = (
    "Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Range", "Content-Disposition",
    "Content-Location", "Content-MD5", "Digest", "Content-Digest", "Repr-Digest", "ETag", "Last-Modified", "Accept-Ranges",
    "Cache-Control", "Expires", "Age",
)  # fmt: skip
# What a message says once (RFC 9110 5.3). Of several lines the first is judged, so the first is sent: many clients would
# believe the last.
SINGLE = frozenset(
    {
        "age", "content-disposition", "content-location", "content-range", "content-type", "date", "etag", "expires",
        "last-modified", "location", "retry-after", "server",
    }
)  # fmt: skip
PSEUDONYM = "pacs-gateway"

_ILLEGAL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SCHEME = re.compile(r"[\x00-\x20]*([A-Za-z][A-Za-z0-9+.-]*):")
# `javascript:` and its kin are attacks, not addresses; `ws` is where a subscription's events are.
_ADDRESSES = frozenset({"", "http", "https", "ws", "wss"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
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
    fields: Fields, *, host: str, peer: str, scheme: str, public_host: str, trusted: bool, version: str
) -> list[tuple[str, str]]:
    """The header section of the request as it goes upstream, `Content-Length` and `Transfer-Encoding` left to the writer.

    `peer` is the address the request came from; `trusted` says that it is a proxy of ours, whose word on forwarding
    counts and is added to.
    """
    drop = {"host", "expect", "content-length", "via", "forwarded"} | (set() if trusted else FORWARDING)
    lines = [("Host", host)] + [line for line in end_to_end(fields) if not _is_dropped(line[0].lower(), drop)]
    lines.append(("Via", _via(fields, version)))
    return lines + _forwarded(fields, lines, peer, scheme, public_host, trusted)


def _is_dropped(name: str, drop: set[str]) -> bool:
    """Many frameworks read X_Forwarded_For as X-Forwarded-For, so an underscore may not carry what a hyphen may not. A
    proxy of ours writes hyphens: the other spelling is the client's, even behind it."""
    hyphened = name.replace("_", "-")
    return hyphened in drop or (hyphened != name and hyphened in FORWARDING | HOP_BY_HOP)


def _via(fields: Fields, version: str) -> str:
    """RFC 9110 7.6.3: whom the message has passed, and then us."""
    passed = [value for value in fields.all("Via") if value and not _ILLEGAL.search(value)]
    return ", ".join([*passed, f"{version} {PSEUDONYM}"])


def _forwarded(
    fields: Fields, lines: list[tuple[str, str]], peer: str, scheme: str, public_host: str, trusted: bool
) -> list[tuple[str, str]]:
    """RFC 7239 and its older cousins. The archive builds addresses from these, so they name what the client sees."""
    node = f'"[{peer}]"' if ":" in peer else peer or "unknown"
    element = f"for={node};host={_bare_if_plain(public_host)};proto={scheme}"
    before = list(fields.all("Forwarded")) if trusted else []
    added = [("Forwarded", ", ".join([*before, element]))]
    present = {name.lower() for name, _ in lines}
    chain = [value for name, value in lines if name.lower() == "x-forwarded-for"]
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
    """The header section of an answer as it leaves: end-to-end lines, addresses in the gateway's own name, our `Via`.

    `upstream_origin` and `public_base` are scheme and authority, such as `http://pacs.internal:8042`.
    """
    lines = [
        (
            name,
            rebased(value, upstream_origin, public_base) if name.lower() in ("location", "content-location") else value,
        )
        for name, value in _said_once(end_to_end(fields))
        # Whether a browser must come back over TLS is the gateway's to say (RFC 6797 7.2).
        if name.lower() not in ("strict-transport-security", "via", "proxy-status")
        and (name.lower() != "location" or scheme_of(value) in _ADDRESSES)
    ]
    return Fields([*lines, ("Via", _via(fields, version))])


def scheme_of(address: str) -> str:
    """The scheme of an address in lower case, empty for a relative one."""
    scheme = _SCHEME.match(address)
    return scheme[1].lower() if scheme else ""


def _said_once(lines: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    said = set()
    for name, value in lines:
        low = name.lower()
        if low not in said:
            yield name, value
        if low in SINGLE:
            said.add(low)


def rebased(address: str, upstream_origin: str, public_base: str) -> str:
    """An address at the archive becomes the same path at the gateway; all others stay as they are."""
    if not public_base:
        return address
    try:
        origin = urlsplit(upstream_origin)
        parts = urlsplit(address, scheme=origin.scheme)  # `//pacs/x` names no scheme and means the same
        same = (
            parts.hostname is not None and parts.scheme in ("http", "https") and _authority(parts) == _authority(origin)
        )
    except ValueError:
        return address
    return public_base + _after_authority(address.split("//", 1)[1]) if same else address


def _authority(parts: SplitResult) -> tuple[str | None, int]:
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _after_authority(rest: str) -> str:
    for index, character in enumerate(rest):
        if character in "/?#":
            return rest[index:]
    return ""

"""Addresses in the fields of an answer: where they lead, and those that lead to the archive in the gateway's own name.

Archives write their own name into `Location`, `Content-Location`, `Link` and `Refresh`; a client outside cannot reach it,
and it is nobody's business. Such an address becomes the same path at the gateway, byte for byte from the path on. An
address anywhere else stays as it is, always.

An odd address is read as browsers read it (URL Standard 4.4), since they follow it: tabs within it and spaces around it are
not there, `\\` is `/`, and `http:/host`, `http:host` and `///host` name a host. What is written is plain to every reader.
"""

import re
from ipaddress import ip_address
from urllib.parse import unquote

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PLACED = re.compile(r"(?:(https?|wss?):[\\/]*|[\\/]{2,})([^\\/?#]*)", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:]*)(?::0*([0-9]{0,5}))?")
_LINKED = re.compile(r"(?<=<)[^<>]*(?=>)")
_REFRESHED = re.compile(r"""([^;,]*[;,]\s*url\s*=\s*)(["']?)([^"']*)(.*)""", re.IGNORECASE)
_AROUND = "".join(map(chr, range(0x21)))
_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def rebased(address: str, upstream_origin: str, public_base: str) -> str:
    """An address at the archive as the same path at the gateway; every other as it is.

    `upstream_origin` and `public_base` are scheme and authority, such as `http://pacs.internal:8042`. A client that named no
    host gets the path alone.
    """
    plain = _as_read(address)
    placed = _PLACED.match(plain)
    archive = _PLACED.match(upstream_origin)
    if placed is None or archive is None:
        return address
    home = archive[1].lower()
    if _place(placed[2], (placed[1] or home).lower()) != _place(archive[2], home):
        return address
    rest = re.sub(r"^\\", "/", plain[placed.end() :])
    if not public_base:
        return _path_alone(rest)
    if placed[1] and placed[1].lower().startswith("ws"):
        public_base = "ws" + public_base.removeprefix("http")
    return public_base + rest


def _path_alone(rest: str) -> str:
    """`//x` would name another host: `/.//x` is the same path and names none."""
    path = rest if rest.startswith("/") else "/" + rest
    return "/." + path if re.match(r"/[\\/]", path) else path


def rebased_links(value: str, upstream_origin: str, public_base: str) -> str:
    """`Link: <http://pacs.internal/x>; rel=next` (RFC 8288 3)."""
    return _LINKED.sub(lambda found: rebased(found[0], upstream_origin, public_base), value)


def rebased_refresh(value: str, upstream_origin: str, public_base: str) -> str:
    """`Refresh: 5; url=http://pacs.internal/login`: no standard names it, every browser follows it."""
    match = _REFRESHED.fullmatch(value)
    if match is None:
        return value
    before, quote, address, after = match.groups()
    return before + quote + rebased(address, upstream_origin, public_base) + after


def scheme_of(address: str) -> str:
    """The scheme of an address in lower case, empty for a relative one."""
    scheme = _SCHEME.match(_as_read(address))
    return scheme[1].lower() if scheme else ""


def host_of(base: str) -> str:
    """The host in `scheme://authority`, in the one form in which hosts are compared; empty where there is none."""
    placed = _PLACED.match(base)
    return _place(placed[2], "http")[0] if placed else ""


def place_of(address: str) -> tuple[str, int]:
    """Host and port of an absolute address, in the one form in which they are compared; nowhere for any other."""
    placed = _PLACED.match(_as_read(address))
    return _place(placed[2], placed[1].lower()) if placed and placed[1] else ("", 0)


def same_host(host: str) -> str:
    """One spelling for all spellings of a host: case, escapes, brackets, the dot of the root, zeros of an IPv6 address."""
    bare = unquote(host).lower().strip("[]").rstrip(".")
    return str(ip_address(bare)) if is_address(bare) else bare


def is_address(host: str) -> bool:
    """Whether this is an IP address and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _place(authority: str, scheme: str) -> tuple[str, int]:
    """Host and port; an authority that cannot be one is nowhere."""
    match = _HOST_AND_PORT.fullmatch(authority.rpartition("@")[2])
    if match is None or not match[1]:
        return "", 0
    return same_host(match[1]), int(match[2]) if match[2] else _DEFAULT_PORTS[scheme]


def _as_read(address: str) -> str:
    return re.sub(r"[\t\r\n]", "", address.strip(_AROUND))

"""Single values as text: `30s`, `8KiB`, `20%`, `5xx`, a URL, a network. Text in, value out, or `Wrong`.

Every function says what it would have accepted. `show_...` writes a value the way it may be written in a file.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from gateway.config.findings import Wrong, instead, shown
from gateway.config.settings import Network

DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
LONGEST = 168 * 3600.0  # a week: whoever writes more has mistaken the unit

SIZE = re.compile(r"([0-9]{1,13})(B|KiB|MiB|GiB)")
_BYTES = {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10, "B": 1}

PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?)%")
STATUS = re.compile(r"([1-9][0-9]{2})(?:\s*-\s*([1-9][0-9]{2}))?|([1-9])xx")
WHOLE = re.compile(r"0|[1-9][0-9]{0,14}")
DECIMAL = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,3})?")
ID = re.compile(r"[a-z0-9-]{1,64}")
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
COLLECTOR = re.compile(r"(tls|tcp)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
WEB_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
SHARED_STATE = re.compile(r"(?:redis|valkey)s?://(?:[!-~]*@)?[A-Za-z0-9.:\[\]_-]+(?:/[0-9]{1,3})?")
PATH = re.compile(r'/[!"$-~]*')
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BOOLEANS = {"true": True, "false": False}
_OTHER_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def folder(written: str) -> Path:
    """A folder by its whole name; it need not be there yet."""
    if not written.startswith("/") or "\0" in written:
        raise Wrong(f"{shown(written)} is not a whole path such as /var/lib/pacs-gateway/recordings")
    return Path(written)


def text(written: str) -> str:
    if not written.strip():
        raise Wrong("is empty")
    if _CONTROL.search(written.replace("\n", " ")):
        raise Wrong("holds a control character")
    return written


def boolean(written: str) -> bool:
    if written in _BOOLEANS:
        return _BOOLEANS[written]
    low = written.lower()
    meant = _OTHER_BOOLEANS.get(low, low)
    hint = f"write {meant}" if meant in _BOOLEANS else "write true or false"
    raise Wrong(f"{shown(written)} is not a truth value; {hint}")


def whole(written: str, least: int, most: int) -> int:
    if not WHOLE.fullmatch(written) or not least <= int(written) <= most:
        raise Wrong(f"{shown(written)} is not a whole number from {least} to {most}")
    return int(written)


def decimal(written: str, least: float, most: float) -> float:
    if not DECIMAL.fullmatch(written) or not least <= float(written) <= most:
        raise Wrong(f"{shown(written)} is not a number from {least:g} to {most:g}")
    return float(written)


def identifier(written: str) -> str:
    if not ID.fullmatch(written):
        raise Wrong(f"{shown(written)} is not an id; write lower-case letters, digits and hyphens, at most 64")
    return written


def duration(written: str, least: float = 0.001, most: float = LONGEST) -> float:
    match = DURATION.fullmatch(written)
    if match is None:
        hint = f"; {written}s?" if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", written) else ""
        raise Wrong(f"{shown(written)} is not a duration such as 500ms, 30s, 2m or 1h{hint}")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if not least <= seconds <= most:
        bounds = f"{show_duration(least)} to {show_duration(most)}"
        raise Wrong(f"{shown(written)} is outside {bounds}")
    return seconds


def show_duration(seconds: float) -> str:
    """In the largest unit that leaves a whole number."""
    milliseconds = round(seconds * 1000, 3)
    for unit, length in _SECONDS.items():
        if seconds and milliseconds % (length * 1000) == 0:
            return f"{milliseconds / (length * 1000):.0f}{unit}"
    return f"{milliseconds:g}ms" if seconds else "0s"


def size(written: str, least: int = 0, most: int = 2**40) -> int:
    match = SIZE.fullmatch(written)
    if match is None:
        raise Wrong(f"{shown(written)} is not a size such as 512B, 8KiB or 4MiB")
    count = int(match[1]) * _BYTES[match[2]]
    if not least <= count <= most:
        raise Wrong(f"{shown(written)} is outside {show_size(least)} to {show_size(most)}")
    return count


def show_size(count: int) -> str:
    unit = next((unit for unit, length in _BYTES.items() if count and count % length == 0), "B")
    return f"{count // _BYTES[unit]}{unit}"


def percent(written: str) -> float:
    match = PERCENT.fullmatch(written)
    if match is None or float(match[1]) > 100:
        raise Wrong(f"{shown(written)} is not a share such as 20%, from 0% to 100%")
    return float(match[1]) / 100


def show_percent(share: float) -> str:
    return f"{share * 100:.6g}%"


def statuses(written: str) -> frozenset[int]:
    """One code, a range, or a class."""
    match = STATUS.fullmatch(written)
    if match is None:
        raise Wrong(f'{shown(written)} is not a status such as 502, "502-504" or 5xx')
    if match[3]:
        return frozenset(range(int(match[3]) * 100, int(match[3]) * 100 + 100))
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first:
        raise Wrong(f"{shown(written)} runs backwards")
    return frozenset(range(first, last + 1))


def show_statuses(codes: frozenset[int]) -> str:
    """Runs of codes, joined: `200-206, 301, 303`."""
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and runs[-1][-1] == code - 1:
            runs[-1].append(code)
        else:
            runs.append([code])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def network(written: str) -> Network:
    try:
        return ip_network(written)
    except ValueError:
        pass
    try:
        meant = ip_network(written, strict=False)
    except ValueError:
        raise Wrong(f"{shown(written)} is not a network such as 10.0.0.0/8 or fd00::/8") from None
    raise Wrong(f"{shown(written)} has bits to the right of its prefix; did you mean {meant}?")


def host(written: str) -> str:
    """A name or an address, IPv6 without brackets."""
    if not HOST.fullmatch(written) and not _is_address(written):
        raise Wrong(f"{shown(written)} is not a host name or an IP address")
    return written


def _is_address(written: str) -> bool:
    try:
        ip_address(written)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of an archive."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{name}:{self.port}"


def origin(written: str, *, with_path: bool = False) -> Origin:
    """`http://host:port`. `with_path` passes over a path; without it, one is refused."""
    scheme, separator, rest = written.partition("://")
    if "@" in (rest if separator else written).partition("/")[0]:
        # The message does not repeat the value: it may hold a password.
        raise Wrong("leave user and password out of the address")
    if not separator:
        raise Wrong(f"{shown(written)} has no scheme; write http://{written} or https://{written}"[:200])
    if scheme.lower() not in ("http", "https"):
        raise Wrong(f"the scheme is http or https, not {shown(scheme)}")
    try:
        parts = urlsplit(written)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        raise Wrong("is not an address such as http://pacs.internal:8042") from None
    if not with_path and rest.strip("/") != parts.netloc:
        raise Wrong("leave the path out; the path of each request is forwarded as it came")
    if port == 0 or parts.netloc.endswith(":"):
        raise Wrong("the port is a number from 1 to 65535")
    return Origin(scheme.lower(), host(name), port or (443 if scheme.lower() == "https" else 80))


def collector(written: str) -> Origin:
    """`tls://host:port` or `tcp://host:port`: a collector of syslog. No message repeats the value."""
    match = COLLECTOR.fullmatch(written)
    if match is None or not 0 < int(match[3]) < 65536:
        raise Wrong("is not an address such as tls://audit.internal:6514 or tcp://127.0.0.1:1514")
    return Origin(match[1], host(match[2].strip("[]")), int(match[3]))


def web_origin(written: str) -> str:
    """An origin as browsers name it (RFC 6454 6.2): scheme, host and port, nothing behind it; the usual port is left out."""
    if not WEB_ORIGIN.fullmatch(written):
        raise Wrong(f"{shown(written)} is not an origin such as https://viewer.example.org, without a path")
    scheme, _, authority = written.lower().partition("://")
    return f"{scheme}://{authority.removesuffix(':443' if scheme == 'https' else ':80')}"


def shared_state(written: str) -> str:
    """The address of a Redis or Valkey. It may hold a password, so no message repeats it."""
    if not SHARED_STATE.fullmatch(written):
        raise Wrong("is not an address such as redis://redis:6379/0; the scheme is redis, rediss, valkey or valkeys")
    return written


def show_shared_state(url: str) -> str:
    """The same without user and password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def is_loopback(host: str) -> bool:
    """Whether this names the host itself, and nobody can listen on the way."""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def prefix(written: str) -> str:
    """The beginning of a path. A slash at its end says nothing and is dropped."""
    if not written.startswith("/"):
        raise Wrong(f"{shown(written)} does not begin with /")
    if not re.fullmatch(r"[!-~]+", written) or re.search(r"[?#\\]|//|/\.\.?(?:/|$)", written):
        raise Wrong(f"{shown(written)} is not a plain path; no query, no //, no dot segments, no spaces")
    return written.rstrip("/") or "/"


def path(written: str) -> str:
    """A path and perhaps a query, as they are sent."""
    if not PATH.fullmatch(written):
        raise Wrong(f"{shown(written)} is not a path such as /system, without spaces and #")
    return written


def word(written: str, known: tuple[str, ...], what: str = "known") -> str:
    """One of the `known` words; a message says that another is not `what` they are."""
    if written not in known:
        raise Wrong(f"{shown(written)} is not {what}; {instead(written, known)}")
    return written

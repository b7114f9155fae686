"""The time of day as it is written: for HTTP (RFC 9110 5.6.7), and for logs and syslog (RFC 3339). The part that is the same
for a second is made once."""

from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache

_http_date = lru_cache(2)(lambda second: formatdate(second, usegmt=True))


def http_date(now: float) -> str:
    """The HTTP-date of a moment in Unix seconds."""
    return _http_date(int(now))


def timestamp(now: float) -> str:
    """A moment in Unix seconds with its milliseconds, in UTC."""
    second, milliseconds = divmod(round(now * 1_000_000) // 1000, 1000)
    return f"{_second(second)}.{milliseconds:03}Z"


@lru_cache(16)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")

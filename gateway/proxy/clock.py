"""The time of day as HTTP writes it (RFC 9110 5.6.7), made once a second."""

from email.utils import formatdate

_last: tuple[int, str] = (0, "")


def http_date(now: float) -> str:
    """The HTTP-date of a moment in Unix seconds."""
    global _last  # noqa: PLW0603 - a cache of one
    second = int(now)
    if _last[0] != second:
        _last = (second, formatdate(second, usegmt=True))
    return _last[1]

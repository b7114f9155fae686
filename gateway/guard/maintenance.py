"""Planned maintenance: windows in which an archive is not asked."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` until `end`, in Unix seconds; `upstream` empty: all archives."""

    start: float
    end: float
    upstream: str = ""


def remaining(windows: Iterable[Window], upstream: str, now: float) -> float:
    """Seconds until maintenance is over, windows that follow one another or overlap taken together; 0 outside of it."""
    end = now
    for window in _of(windows, upstream):
        if window.start <= end < window.end:
            end = window.end
    return end - now


def upcoming(windows: Iterable[Window], upstream: str, now: float) -> Window | None:
    """The window that is at work, or the next one."""
    return next((window for window in _of(windows, upstream) if window.end > now), None)


def _of(windows: Iterable[Window], upstream: str) -> list[Window]:
    mine = (window for window in windows if window.upstream in ("", upstream))
    return sorted(mine, key=lambda window: window.start)

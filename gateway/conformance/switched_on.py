"""Which failures this configuration can bring about, and by what: a breaker that nobody asked for opens for nobody.

A kind without a row here can always happen. One with a row can if the row finds something, and what it finds is said.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from gateway.config.scalars import show_duration
from gateway.config.settings import Settings
from gateway.core.failures import FailureKind
from gateway.guard.line import LimitSettings

K = FailureKind

# The client has left, so there is nobody to answer.
UNANSWERED = frozenset({K.CLIENT_GONE})


def _maintenance(settings: Settings) -> Iterator[str]:
    for window in settings.maintenance:
        yield f"{window.upstream or 'every archive'}: {_moment(window.start)} to {_moment(window.end)} UTC"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def _breaker(settings: Settings) -> Iterator[str]:
    for id_, upstream in settings.upstreams.items():
        if breaker := upstream.protection.breaker:
            window, rest = show_duration(breaker.window), show_duration(breaker.open)
            yield f"{id_}: after {breaker.failures} failures in {window}, for {rest}"


def _rates(key: str) -> Callable[[Settings], Iterator[str]]:
    def found(settings: Settings) -> Iterator[str]:
        for id_, upstream in settings.upstreams.items():
            for rate in upstream.protection.rates:
                if rate.key == key:
                    yield f"{id_}: more than {rate.requests} requests in {show_duration(rate.per)}"

    return found


def _busy(settings: Settings) -> Iterator[str]:
    limits = settings.server.limits
    yield f"more than {limits.connections} client connections"
    yield f"more than {limits.tunnels} notification channels"
    for id_, upstream in settings.upstreams.items():
        if upstream.protection.limits:
            yield f"{id_}: {_line(upstream.protection.limits)}"
        for family, line in upstream.protection.families.items():
            yield f"{id_}, {family}: {_line(line)}"


def _line(limits: LimitSettings) -> str:
    patience = show_duration(limits.queue_timeout)
    return f"more than {limits.in_flight} under way and {limits.queue} waiting, or a wait of more than {patience}"


def _no_route(settings: Settings) -> Iterator[str]:
    prefixes = sorted(route.prefix for route in settings.routes)
    if "/" not in prefixes:
        yield f"paths that begin otherwise than {', '.join(prefixes)}"


def _tls(settings: Settings) -> Iterator[str]:
    """The archive itself, or a place to which its redirects are followed."""
    for id_, upstream in settings.upstreams.items():
        if any(place.startswith("https:") for place in (upstream.origin, *upstream.follow.hosts)):
            yield id_


SWITCHES: Mapping[FailureKind, Callable[[Settings], Iterator[str]]] = MappingProxyType(
    {
        K.MAINTENANCE: _maintenance,
        K.BREAKER_OPEN: _breaker,
        K.RATE_LIMITED: _rates("client"),
        K.RATE_EXHAUSTED: _rates("upstream"),
        K.TOO_BUSY: _busy,
        K.DESTINATION_NOT_FOUND: _no_route,
        K.TLS_PROTOCOL_ERROR: _tls,
        K.TLS_CERTIFICATE_ERROR: _tls,
    }
)


def brought_about(kind: FailureKind, settings: Settings) -> tuple[str, ...] | None:
    """What brings a failure about under this configuration, None where nothing can."""
    if kind in UNANSWERED:
        return None
    if kind not in SWITCHES:
        return ()
    return tuple(SWITCHES[kind](settings)) or None

"""The known keys of what protects an archive: limits, rates, the breaker, health checks, repetitions, maintenance, and what
browsers are told. A section that is left out holds nothing back.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal

from gateway.config import scalars as s
from gateway.config.compound import Some
from gateway.config.findings import Wrong, shown
from gateway.config.kinds import Key, ListOf, MapOf, One, Table
from gateway.config.settings import FollowSettings, HealthSettings, SharedState
from gateway.config.values import BOOLEAN, DURATION, PERCENT, TEXT, duration, one_of, whole
from gateway.config.vocabulary import status_code
from gateway.core.cors import ANY, Cors
from gateway.dicomweb.transactions import TRANSACTIONS
from gateway.guard.adaptive import AdaptiveSettings
from gateway.guard.breaker import BreakerSettings
from gateway.guard.cost import COSTS
from gateway.guard.line import LimitSettings
from gateway.guard.protection import ProtectionSettings
from gateway.guard.rate import RateSettings
from gateway.guard.retry import RetrySettings

_LIMIT, _ADAPTIVE, _BREAKER, _RETRY = LimitSettings(), AdaptiveSettings(), BreakerSettings(), RetrySettings()
_RATE, _HEALTH, _FOLLOW = RateSettings(requests=1), HealthSettings(path="/"), FollowSettings()
_CORS, _SHARED = Cors(origins=frozenset()), SharedState(url="")
_FAMILIES = tuple(sorted({transaction.family for transaction in TRANSACTIONS.values()}))


_MANY = 100_000
MOST_WORKERS = 64


def workers(written: str) -> int | Literal["auto"]:
    """How many processes share what is allowed."""
    if written == "auto":
        return "auto"
    try:
        return s.whole(written, 1, MOST_WORKERS)
    except Wrong:
        raise Wrong(f"{shown(written)} is neither auto nor a whole number from 1 to {MOST_WORKERS}") from None


_LINE = {
    "in_flight": Key(
        whole(1, _MANY), "How many requests may be under way, counted by what they cost.", _LIMIT.in_flight
    ),
    "queue": Key(whole(0, _MANY), "How many may wait for their turn; more are turned away with 503.", _LIMIT.queue),
    "queue_timeout": Key(DURATION, "How long a request may wait for its turn.", _LIMIT.queue_timeout),
}
ADAPTIVE = Table(
    {
        "floor": Key(whole(1, _MANY), "Never fewer than this under way; in_flight is the most.", _ADAPTIVE.floor),
        "tolerance": Key(
            One(partial(s.decimal, least=1.1, most=100.0)),
            "How many times slower than at its best the archive may become before less is asked of it.",
            _ADAPTIVE.tolerance,
        ),
    }
)
LIMITS = Table(
    {
        **_LINE,
        "by_transaction": Key(
            MapOf(partial(s.word, known=_FAMILIES, what="a family of transactions"), Table(_LINE)),
            "Narrower limits for families of transactions, within the one for all.",
            {},
        ),
        "costs": Key(
            MapOf(partial(s.word, known=tuple(COSTS), what="something that costs"), whole(1, 1000)),
            "What a request costs, by what it asks for, where it is not to be the built-in cost.",
            {},
        ),
        "adaptive": Key(ADAPTIVE, "With it, the limit follows the time that the archive takes to answer.", None),
    }
)
RATE = Table(
    {
        "requests": Key(whole(1, 1_000_000), "How many requests are allowed in that time."),
        "per": Key(DURATION, "The length of that time.", _RATE.per),
        "key": Key(
            one_of("client", "upstream"),
            "client: for each client by its address, else 429; upstream: for all together, else 503.",
            _RATE.key,
        ),
    }
)
BREAKER = Table(
    {
        "failures": Key(whole(1, _MANY), "So many failures in the window open it.", _BREAKER.failures),
        "window": Key(DURATION, "The time over which they are counted.", _BREAKER.window),
        "open": Key(DURATION, "How long the archive is then left alone.", _BREAKER.open),
        "share": Key(PERCENT, "The failures must also be this share of all answers in the window.", _BREAKER.share),
        "probes": Key(whole(1, 100), "How many requests at a time then find out whether it works.", _BREAKER.probes),
    }
)
HEALTH = Table(
    {
        "path": Key(One(s.path), "What is asked with GET; any answer below 500 says that the archive works."),
        "interval": Key(duration(0.1), "How often, give or take a tenth.", _HEALTH.interval),
        "timeout": Key(DURATION, "How long the answer may take.", _HEALTH.timeout),
    }
)
RETRY = Table(
    {
        "attempts": Key(whole(1, 10), "How often a GET or HEAD is sent in all.", _RETRY.attempts),
        "max_wait": Key(DURATION, "The longest Retry-After of the archive that is waited for.", _RETRY.max_wait),
        "budget": Key(PERCENT, "The share of requests that may be repeated.", _RETRY.budget),
    }
)
FOLLOW = Table(
    {
        "hosts": Key(
            ListOf(One(s.origin, str)),
            "Other addresses to which a redirect may lead, such as https://store.internal.",
            _FOLLOW.hosts,
        ),
        "hops": Key(whole(1, 20), "How many redirects in a row.", _FOLLOW.hops),
    }
)
ON_STATUS = MapOf(status_code, one_of("pass", "follow", "retry"), str)


def moment(written: str) -> float:
    """A date and time with its offset, in Unix seconds."""
    try:
        parsed = datetime.fromisoformat(written)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise Wrong(f"{shown(written)} is not a moment such as 2026-12-01T22:00:00+01:00, with its offset")
    return parsed.timestamp()


def show_moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat()


MAINTENANCE = Table(
    {
        "upstream": Key(TEXT, "The archive; without it, all of them.", None),
        "from": Key(One(moment, show_moment), "When it begins, with the offset of the time zone."),
        "to": Key(One(moment, show_moment), "When it ends, in the same way."),
    }
)


def web_origin(written: str) -> str:
    """An origin as a browser names it (RFC 6454 6.2), or `*`."""
    return written if written == ANY else s.web_origin(written)


CORS = Table(
    {
        "origins": Key(
            Some(ListOf(One(web_origin)), "is empty, so nobody could see an answer; name an origin, or *"),
            "Whose scripts may see answers, such as https://viewer.example.org; * for everybody's.",
        ),
        "credentials": Key(BOOLEAN, "Whether they may send cookies and logins along.", _CORS.credentials),
        "max_age": Key(DURATION, "How long a browser may remember what it was told.", _CORS.max_age),
    }
)
SHARED_STATE = Table(
    {
        "url": Key(
            One(s.shared_state, s.show_shared_state),
            "A Redis or Valkey, such as redis://redis:6379/0, in which rates are kept.",
        ),
        "timeout": Key(DURATION, "How long it may take; then this process counts alone.", _SHARED.timeout),
    }
)


def protection(upstream: Mapping[str, Any]) -> ProtectionSettings:
    """What protects one archive, from the checked values of its section."""
    limits, breaker = upstream["limits"], upstream["breaker"]
    families = limits["by_transaction"] if limits else {}
    return ProtectionSettings(
        limits=_line(limits) if limits else None,
        families={family: _line(values) for family, values in families.items()},
        costs={**COSTS, **limits["costs"]} if limits else COSTS,
        adaptive=AdaptiveSettings(**limits["adaptive"]) if limits and limits["adaptive"] else None,
        rates=tuple(RateSettings(**rate) for rate in upstream["rate"]),
        breaker=BreakerSettings(**breaker) if breaker else None,
        retry=RetrySettings(**upstream["retry"]) if upstream["retry"] else RetrySettings(),
    )


def _line(values: Mapping[str, Any]) -> LimitSettings:
    return LimitSettings(**{name: values[name] for name in _LINE})

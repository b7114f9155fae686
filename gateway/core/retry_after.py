"""Retry-After (RFC 9110 10.2.3): who says when to come back, and how it is written.

Two halves. `advice` is part of the verdict and knows no clock: it picks the source. `rendered` is part of the reply: it
adds jitter, keeps the bounds and writes whole seconds. A valid value of the archive is sent byte for byte; `30s`, `-5`,
`soon`, two lines or a date that has passed are not values.
"""

import math
import re
from calendar import timegm
from collections.abc import Mapping
from email.utils import parsedate_tz
from types import MappingProxyType

from gateway.core.decision import RetryAdvice, RetrySource
from gateway.core.facts import Outcome, Response
from gateway.core.failures import FailureKind
from gateway.core.policy import RetryPolicy
from gateway.core.rule import Then

# The codes on which the field has a meaning; on any other it would invite a repetition that cannot help.
MEANINGFUL = frozenset({202, 301, 303, 302, 413, 429, 503})
OWED = frozenset({429, 503})

# Whose knowledge the wait is that a failure of the gateway's own brings.
_KNOWS: Mapping[FailureKind, RetrySource] = MappingProxyType(
    {
        FailureKind.BREAKER_OPEN: RetrySource.BREAKER,
        FailureKind.RATE_LIMITED: RetrySource.LIMITER,
        FailureKind.RATE_EXHAUSTED: RetrySource.LIMITER,
        FailureKind.TOO_BUSY: RetrySource.QUEUE,
        FailureKind.MAINTENANCE: RetrySource.MAINTENANCE,
    }
)
_KNOWN = frozenset(_KNOWS.values())

_SECONDS = re.compile(r"[0-9]{1,9}")
_HTTP_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?:0[1-9]|[12][0-9]|3[01]) "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} (?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60) GMT"
)


def advice(status: int, then: Then, outcome: Outcome, policy: RetryPolicy) -> RetryAdvice | None:
    """The source of the field for `status`, None where it does not belong."""
    if status not in MEANINGFUL or then.retry_after == "none":
        return None
    if isinstance(then.retry_after, float):
        return RetryAdvice(RetrySource.RULE, seconds=then.retry_after)
    if isinstance(outcome, Response):
        said = outcome.fields.all("Retry-After")
        if len(said) == 1 and is_valid(said[0]):
            return RetryAdvice(RetrySource.UPSTREAM, verbatim=said[0], seconds=policy.default)
    elif outcome.retry_after is not None:
        return RetryAdvice(_KNOWS.get(outcome.kind, RetrySource.DEFAULT), seconds=outcome.retry_after)
    return RetryAdvice(RetrySource.DEFAULT, seconds=policy.default) if status in OWED else None


def is_valid(value: str) -> bool:
    """Whether this is one of the two forms of RFC 9110: decimal seconds, or a date in the preferred form."""
    return bool(_SECONDS.fullmatch(value) or (_HTTP_DATE.fullmatch(value) and parsedate_tz(value)))


def rendered(retry: RetryAdvice, policy: RetryPolicy, now: float, chance: float) -> tuple[str, RetrySource, float]:
    """The field value, its source, and the wait in seconds for the metric.

    `now` is in Unix seconds, `chance` in [0, 1): both belong to the caller. Jitter only ever lengthens the wait, so that
    nobody comes back too early and not everybody comes back at once.
    """
    if retry.verbatim:
        wait = seconds_until(retry.verbatim, now)
        if wait >= 1:
            return retry.verbatim, retry.source, wait
        retry = RetryAdvice(RetrySource.DEFAULT, seconds=retry.seconds)
    # A share of the wait, but of no more than the longest guess: a window of a day must not end an hour later for some.
    spread = min(retry.seconds, policy.maximum) * policy.jitter * chance
    wait = max(retry.seconds + spread, policy.minimum)
    if retry.source not in _KNOWN:
        # A bound for guesses. What the guard knows, such as the end of a maintenance window, is not cut short.
        wait = min(wait, policy.maximum)
    whole = max(1, math.ceil(wait))
    return str(whole), retry.source, float(whole)


def seconds_until(value: str, now: float) -> float:
    """The wait a valid value asks for; zero or less where its moment has passed."""
    if value.isdecimal():
        return float(value)
    parsed = parsedate_tz(value)
    return timegm((*parsed[:6], 0, 0, 0)) - now if parsed else 0.0


def longest(retry: RetryAdvice, known: float, now: float) -> RetryAdvice:
    """The wait that was chosen, or the breaker's where that is longer: who is told less comes back to a closed door.
    `known` is in seconds, 0 where nothing holds back."""
    said = seconds_until(retry.verbatim, now) if retry.verbatim else retry.seconds
    return RetryAdvice(RetrySource.BREAKER, seconds=known) if known > max(said, 0.0) else retry

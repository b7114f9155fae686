"""What a code brings along, and what it takes to be sent: challenges, addresses, methods, and when to come back."""

from collections.abc import Iterator

from gateway.config.scalars import show_duration, show_percent
from gateway.config.settings import Settings
from gateway.core.policy import RetryPolicy
from gateway.core.retry_after import MEANINGFUL, OWED
from gateway.core.verdicts import NEEDS


def carried(code: int, settings: Settings) -> Iterator[str]:
    """Sentences on the header fields of a code; none for most."""
    if code in NEEDS:
        yield NEEDS[code]
    if code in OWED:
        yield _always(settings.policy.retry)
    elif code in MEANINGFUL:
        yield "With Retry-After where the archive or a rule gives one."


def _always(retry: RetryPolicy) -> str:
    longest = f"{show_duration(retry.minimum)} to {show_duration(retry.maximum)}"
    spread = f", up to {show_percent(retry.jitter)} longer by chance" if retry.jitter else ""
    return (
        "Always with Retry-After: the archive's own where it is valid, or what a rule or the gateway's own limits know, "
        f"or else {show_duration(retry.default)}{spread} ({longest} where nobody knows)."
    )

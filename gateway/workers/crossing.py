"""What crosses the channel, as JSON knows it: exchanges of the journal, and how the archives stand."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from gateway.core.decision import RetrySource
from gateway.guard.breaker import BreakerState
from gateway.telemetry.guard_metrics import Guarded
from gateway.telemetry.record import ExchangeRecord

# Everything in a record may be shown; what rules only observed is in the metrics, and no page has it.
_FIELDS = tuple(name for name in ExchangeRecord.__annotations__ if name != "observed")
_GRAVITY = (BreakerState.OPEN, BreakerState.PROBING, BreakerState.CLOSED)


def from_record(record: ExchangeRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in _FIELDS}


def to_record(fields: Mapping[str, Any]) -> ExchangeRecord:
    source = fields["retry_source"]
    return ExchangeRecord(**{**fields, "retry_source": None if source is None else RetrySource(source)})


def from_guarded(guarded: Guarded) -> dict[str, object]:
    return asdict(guarded)


def to_guarded(fields: Mapping[str, Any]) -> Guarded:
    state = fields["breaker"]
    return Guarded(**{**fields, "breaker": None if state is None else BreakerState(state)})


def newest(journals: Iterable[Iterable[Mapping[str, Any]]], limit: int) -> tuple[ExchangeRecord, ...]:
    """The journals of all workers as one, the exchange that started last first."""
    records = [to_record(fields) for journal in journals for fields in journal]
    return tuple(sorted(records, key=lambda record: record.started, reverse=True)[:limit])


def together(standings: Iterable[Iterable[Mapping[str, Any]]]) -> tuple[Guarded, ...]:
    """How the archives stand with all workers. Each has a breaker of its own, and the gravest is shown: an archive that one
    of them leaves alone is in trouble. What they may have under way adds up."""
    by_archive: dict[str, list[Guarded]] = {}
    for standing in standings:
        for fields in standing:
            by_archive.setdefault(fields["upstream"], []).append(to_guarded(fields))
    return tuple(map(_together, by_archive.values()))


def _together(seen: list[Guarded]) -> Guarded:
    states = {one.breaker for one in seen}
    limits = [one.limit for one in seen if one.limit is not None]
    return Guarded(
        seen[0].upstream,
        next((state for state in _GRAVITY if state in states), None),
        sum(limits) if limits else None,
        seen[0].maintenance_from,
        seen[0].maintenance_to,
        max(one.left_alone for one in seen),
    )

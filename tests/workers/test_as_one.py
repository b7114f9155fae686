"""What several workers know, as one: the gravest state of a breaker, the sum of limits, the newest exchanges."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.decision import RetrySource
from gateway.guard.breaker import BreakerState
from gateway.telemetry.guard_metrics import Guarded
from gateway.workers.cores import how_many
from gateway.workers.crossing import from_guarded, from_record, newest, together
from tests.telemetry.records import record

CALM = Guarded("pacs", BreakerState.CLOSED, 8, 100.0, 200.0)


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        ([BreakerState.CLOSED, BreakerState.OPEN, BreakerState.PROBING], BreakerState.OPEN),
        ([BreakerState.CLOSED, BreakerState.PROBING], BreakerState.PROBING),
        ([BreakerState.CLOSED, BreakerState.CLOSED], BreakerState.CLOSED),
        ([None, None], None),
    ],
)
def test_a_breaker_is_as_open_as_the_most_open_one(
    states: list[BreakerState | None], shown: BreakerState | None
) -> None:
    standings = [[from_guarded(replace(CALM, breaker=state, left_alone=float(n)))] for n, state in enumerate(states)]
    (one,) = together(json.loads(json.dumps(standings)))
    assert one == replace(CALM, breaker=shown, limit=8 * len(states), left_alone=len(states) - 1.0)


def test_what_nothing_limits_has_no_limit() -> None:
    (one,) = together([[from_guarded(replace(CALM, limit=None))]] * 2)
    assert one.limit is None


def test_journals_are_one_with_the_newest_first() -> None:
    records = [record(started=float(n), retry_source=RetrySource.QUEUE if n else None) for n in range(6)]
    journals = [[from_record(one) for one in records[::2]], [from_record(one) for one in records[1::2]]]
    assert newest(json.loads(json.dumps(journals)), 4) == tuple(reversed(records))[:4]


@pytest.mark.parametrize(
    ("quota", "most"),
    [("max 100000", 64), ("50000 100000", 1), ("150000 100000", 2), ("200000 100000", 2), ("nonsense", 64)],
)
def test_auto_is_one_per_core_that_may_be_used(quota: str, most: int, tmp_path: Path) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(quota)
    cores = how_many("auto", tmp_path / "is not there")
    assert how_many("auto", file) == min(cores, most)
    assert cores >= 1
    assert how_many(7, file) == 7

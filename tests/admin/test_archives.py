"""The archives on the status page: how they are and what protects them, in words."""

from dataclasses import replace

import pytest

from gateway.admin.words import HELD_BACK_WORDS
from gateway.config.settings import Upstream, UpstreamTls
from gateway.core.failures import FailureKind
from gateway.core.policy import Mode
from gateway.guard.breaker import BreakerState
from gateway.guard.line import LimitSettings
from gateway.guard.protection import ProtectionSettings
from gateway.telemetry.guard_metrics import Guarded
from gateway.telemetry.labels import HELD_BACK
from tests.admin.page import NOW, page
from tests.admin.process import Process
from tests.telemetry.records import record, settings

HOUR = 3600.0
COLUMNS = ("archive", "state", "load", "held", "maintenance", "failures")
LIMITED = Upstream("pacs", "http", "pacs.example", 80, protection=ProtectionSettings(limits=LimitSettings(in_flight=8)))
CALM = Guarded("pacs", None, None, 0.0, 0.0)


def archive(process: Process, *guarded: Guarded) -> dict[str, str]:
    """The row of the first archive."""
    process.counted.guard.look = lambda: guarded
    return dict(zip(COLUMNS, page(process).rows("Archives")[0], strict=True))


def limited(mode: Mode = Mode.ENFORCE) -> Process:
    return Process(replace(settings(mode=mode), upstreams={"pacs": LIMITED}))


def test_each_archive_has_a_row() -> None:
    rows = page(Process()).rows("Archives")
    quiet = ["Not heard of yet", "0no limit", "nothing", "none planned", "0"]
    assert rows == [["pacshttp://pacs.example:8042", *quiet], ["vnahttp://vna.example:8042", *quiet]]


def test_an_archive_whose_certificate_is_not_verified_stands_out() -> None:
    careless = Upstream("pacs", "https", "pacs.example", 443, tls=UpstreamTls(verify=False))
    process = Process(replace(settings(), upstreams={"pacs": careless}))
    assert archive(process)["archive"] == "pacshttps://pacs.examplecertificate not verified"


@pytest.mark.parametrize(("is_up", "told"), [(True, "Works"), (False, "Does not work")])
def test_what_was_last_heard_of_it_is_its_state(is_up: bool, told: str) -> None:
    process = Process()
    process.counted.guard.heard_of("pacs", is_up=not is_up)
    process.counted.guard.health_checked("pacs", is_up=is_up)
    assert archive(process)["state"] == told


@pytest.mark.parametrize(
    ("state", "left_alone", "told"),
    [
        (BreakerState.CLOSED, 0.0, ""),
        (BreakerState.OPEN, 11.2, "Failed repeatedly and is left alone; asked again in 12 s."),
        (BreakerState.OPEN, 0.0, "Failed repeatedly; single requests find out whether it works again."),
        (BreakerState.PROBING, 3.0, "Failed repeatedly; single requests find out whether it works again."),
    ],
)
def test_an_archive_that_is_left_alone_is_said_to_be(state: BreakerState, left_alone: float, told: str) -> None:
    guarded = replace(CALM, breaker=state, left_alone=left_alone)
    assert archive(Process(), guarded)["state"] == f"Not heard of yet{told}"


def test_an_observer_leaves_nobody_alone() -> None:
    guarded = replace(CALM, breaker=BreakerState.OPEN, left_alone=11.2)
    assert archive(limited(Mode.OBSERVE), guarded)["state"].endswith(
        "Would be left alone, because it failed repeatedly."
    )


@pytest.mark.parametrize(
    ("limit", "state", "told"),
    [
        (8, None, "limit 8"),
        (6, None, "limit 6 of 8, because it is slower than it was"),
        (1, BreakerState.PROBING, "limit 1 of 8, while it is tried"),
    ],
)
def test_what_is_under_way_stands_beside_its_limit(limit: int, state: BreakerState | None, told: str) -> None:
    process = limited()
    with process.counted.guard.in_flight("pacs"), process.counted.guard.queued("pacs"):
        row = archive(process, replace(CALM, limit=limit, breaker=state))
        assert row["load"] == f"1{told}1 waiting"


def test_what_was_held_back_comes_with_its_reasons() -> None:
    process = limited().saw(record(failure="too_busy", status=503), record(failure="connection_refused", status=503))
    for reason, times in ((FailureKind.TOO_BUSY, 1), (FailureKind.RATE_LIMITED, 2)):
        for _ in range(times):
            process.counted.guard.held_back("pacs", reason)
    row = archive(process)
    assert row["held"] == "32 of clients that ask too often1 that found no place in line or waited too long"
    assert row["failures"] == "1", "what was held back is no failure of the archive"


def test_what_would_have_been_held_back_is_told_by_an_observer() -> None:
    process = limited(Mode.OBSERVE)
    process.counted.guard.would_hold_back("pacs", FailureKind.RATE_EXHAUSTED)
    assert archive(process)["held"] == "1 would have been1 because all together ask too often"


def test_every_reason_has_words() -> None:
    assert HELD_BACK_WORDS.keys() == set(HELD_BACK)


@pytest.mark.parametrize(
    ("begin", "end", "told"),
    [
        (0.0, 0.0, "none planned"),
        (NOW - 2 * HOUR, NOW - HOUR, "none planned"),
        (NOW - HOUR, NOW + 2 * HOUR, "Nowuntil 2026-01-01 04:00:00 UTC2 h left"),
        (NOW + HOUR, NOW + 2 * HOUR, "in 1 hfrom 2026-01-01 03:00:00 UTCuntil 2026-01-01 04:00:00 UTC"),
    ],
)
def test_maintenance_is_announced(begin: float, end: float, told: str) -> None:
    assert archive(Process(), replace(CALM, maintenance_from=begin, maintenance_to=end))["maintenance"] == told

"""The access log: what a line holds, that it is one line, and where it goes."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.settings import LoggingSettings
from gateway.core.decision import RetrySource
from gateway.telemetry.access_log import ACCESS, AccessLog, fields_of, json_line, setup_logging
from gateway.telemetry.pseudonyms import NO_NAMES, Names
from gateway.telemetry.record import ExchangeRecord
from tests.support.logs import Writes
from tests.telemetry.records import record
from tests.telemetry.test_lines import in_the_last_turn

ALLOWED = [
    "time", "id", "route", "upstream", "transaction", "method", "received", "status", "rule", "failure", "seconds",
    "upstream_seconds", "bytes_in", "bytes_out", "retry_after", "ended", "attempts",
]  # fmt: skip

TARGET = "/studies/2.25.7/series/2.25.8/metadata?PatientName=DOE^JOHN"


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    """Logging is the process's: put back what a test has set up."""
    loggers = [logging.getLogger(name) for name in ("", "pacs_gateway", ACCESS)]
    before = [(list(logger.handlers), logger.level, logger.propagate) for logger in loggers]
    raising = logging.raiseExceptions
    yield
    logging.raiseExceptions = raising
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)


def written(**more: object) -> str:
    stream = io.StringIO()
    setup_logging(LoggingSettings(), stream)
    AccessLog(LoggingSettings()).add(record(**more), TARGET)
    return stream.getvalue()


def test_a_line_holds_the_allowed_fields_and_no_other() -> None:
    assert list(json.loads(written())) == ALLOWED


@given(
    st.builds(
        record,
        started=st.floats(0, 4e9),
        route=st.text(),
        upstream=st.text(),
        transaction=st.text(),
        method=st.text(),
        status=st.none() | st.integers(0, 999),
        received=st.none() | st.integers(0, 999),
        rule=st.text(),
        failure=st.text(),
        seconds=st.floats(0, 1e6),
        upstream_seconds=st.none() | st.floats(0, 1e6),
        bytes_in=st.integers(0, 2**50),
        bytes_out=st.integers(0, 2**50),
        retry_source=st.none() | st.sampled_from(RetrySource),
        retry_seconds=st.floats(0, 1e6),
        ended=st.sampled_from(["complete", "truncated", "client_gone", "draining", "idle"]),
        attempts=st.integers(0, 9),
    ),
    st.just(NO_NAMES) | st.fixed_dictionaries({"study": st.text(), "series": st.text(), "instance": st.text()}),
)
def test_a_line_is_what_json_makes_of_its_fields(told: ExchangeRecord, names: Names) -> None:
    """It is put together by hand, which is quicker, and must not be another line for it."""
    assert json_line(told, names) == json.dumps(fields_of(told, names))


def test_a_line_tells_what_the_archive_said_and_what_the_client_got() -> None:
    line = json.loads(
        written(
            received=None,
            status=503,
            rule="failure",
            failure="connection_refused",
            upstream_seconds=None,
            retry_source=RetrySource.DEFAULT,
            retry_seconds=12.0,
            seconds=1.23456789,
        )
    )
    assert line["time"] == "2026-01-01T00:00:00.250Z"
    assert (line["received"], line["status"], line["rule"]) == (None, 503, "failure")
    assert (line["failure"], line["retry_after"]) == ("connection_refused", 12.0)
    assert (line["seconds"], line["upstream_seconds"]) == (1.2346, None)


def test_an_exchange_without_advice_has_no_retry_after() -> None:
    assert json.loads(written())["retry_after"] is None


def test_the_why_of_an_operator_stays_out() -> None:
    """It is written for colleagues, and may name a ward or a person."""
    assert "ward" not in written(why="as agreed with ward 7")


def test_one_exchange_is_one_write() -> None:
    """Lines of two processes on one pipe must not mix, so a line goes out in one piece."""

    stream = Writes()
    setup_logging(LoggingSettings(), stream)
    AccessLog(LoggingSettings()).add(record(), TARGET)
    assert len(stream.pieces) == 1
    assert stream.pieces[0].endswith("}\n")


def test_text_is_for_people() -> None:
    stream = io.StringIO()
    setup_logging(LoggingSettings(format="text"), stream)
    AccessLog(LoggingSettings()).add(record(received=302, status=401, rule="portal-login"), TARGET)
    line = stream.getvalue()
    assert line.startswith("2026-01-01T00:00:00.250Z id=0b0e7c1e")
    assert "received=302 status=401 rule=portal-login seconds=0.25" in line
    assert "failure=" not in line  # nothing is said of what did not happen


def test_exchanges_go_to_standard_output_and_messages_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    setup_logging(LoggingSettings())
    AccessLog(LoggingSettings()).add(record(), TARGET)
    logging.getLogger("pacs_gateway").error("a message")
    out, err = capsys.readouterr()
    assert json.loads(out)["transaction"] == "studies.search"
    assert json.loads(err)["logger"] == "pacs_gateway"


def test_the_level_warning_silences_the_access_log() -> None:
    stream = io.StringIO()
    setup_logging(LoggingSettings(level="warning"), stream)
    AccessLog(LoggingSettings()).add(record(), TARGET)
    assert stream.getvalue() == ""


def test_setting_up_twice_writes_once() -> None:
    first, second = io.StringIO(), io.StringIO()
    setup_logging(LoggingSettings(), first)
    setup_logging(LoggingSettings(), second)
    AccessLog(LoggingSettings()).add(record(), TARGET)
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1


def test_setting_up_again_loses_no_line() -> None:
    first, log = io.StringIO(), AccessLog(LoggingSettings())
    setup_logging(LoggingSettings(), first)
    in_the_last_turn(lambda: log.add(record(), TARGET))
    setup_logging(LoggingSettings(), io.StringIO())
    assert len(first.getvalue().splitlines()) == 1


def test_handlers_of_others_stay() -> None:
    """A test runner or a tracing agent has its own; taking them away would be none of our business."""
    theirs = logging.NullHandler()
    logging.getLogger().addHandler(theirs)
    setup_logging(LoggingSettings(), io.StringIO())
    assert theirs in logging.getLogger().handlers


def test_only_records_go_to_the_access_log() -> None:
    """A sentence there would be a way around the allow-list; it is dropped, and not printed as an error either."""
    stream = io.StringIO()
    setup_logging(LoggingSettings(), stream)
    logging.getLogger(ACCESS).info("GET /studies?PatientName=DOE^JOHN")
    assert stream.getvalue() == ""


def test_times_are_utc_with_milliseconds() -> None:
    for started in (0.0, 1.0004, 1_767_225_600.999):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(fields_of(record(started=started))["time"]))


def told(identifiers: Literal["drop", "hash", "keep"], target: str = TARGET) -> dict[str, object]:
    stream = io.StringIO()
    setup_logging(LoggingSettings(), stream)
    AccessLog(LoggingSettings(identifiers=identifiers)).add(record(), target)
    line = json.loads(stream.getvalue())
    assert "DOE" not in stream.getvalue()
    assert isinstance(line, dict)
    return line


@pytest.mark.parametrize("identifiers", ["hash", "keep"])
def test_what_was_asked_for_is_named_behind_the_transaction(identifiers: Literal["hash", "keep"]) -> None:
    place = ALLOWED.index("transaction") + 1
    assert list(told(identifiers)) == [*ALLOWED[:place], "study", "series", "instance", *ALLOWED[place:]]


def test_an_operator_may_see_uids_and_nothing_else() -> None:
    line = told("keep")
    assert (line["study"], line["series"], line["instance"]) == ("2.25.7", "2.25.8", "")


def test_a_hash_does_not_show_the_uid() -> None:
    assert "2.25" not in json.dumps(told("hash"))


def test_a_line_that_nobody_wants_costs_no_hash() -> None:
    def seen(_target: str) -> Names:
        raise AssertionError("nobody asked")

    setup_logging(LoggingSettings(level="warning"), io.StringIO())
    log = AccessLog(LoggingSettings(identifiers="hash"))
    log._naming = seen
    log.add(record(), TARGET)

"""Moments as they are written."""

from gateway.clock import http_date, timestamp

NOON = 1_767_268_800  # 1 January 2026, 12:00 UTC


def test_every_millisecond_is_written_as_itself() -> None:
    """As a float it lies a little beside itself, often below."""
    written = [timestamp(NOON + number / 1000) for number in range(1000)]
    assert written == [f"2026-01-01T12:00:00.{number:03}Z" for number in range(1000)]


def test_what_is_below_a_millisecond_is_left_out() -> None:
    assert timestamp(NOON + 0.0625) == "2026-01-01T12:00:00.062Z"


def test_an_http_date_has_seconds_and_is_made_anew_for_each() -> None:
    assert http_date(NOON + 0.9) == "Thu, 01 Jan 2026 12:00:00 GMT"
    assert http_date(NOON + 1.0) == "Thu, 01 Jan 2026 12:00:01 GMT"

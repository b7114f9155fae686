"""Single values: media types, Accept, Retry-After. Read as they are written in the field, and never with an exception."""

import math

from gateway.core.decision import RetryAdvice, RetrySource
from gateway.core.facts import Response
from gateway.core.fields import Fields
from gateway.core.policy import RetryPolicy
from gateway.core.problem import preferred_form
from gateway.core.retry_after import advice, is_valid, rendered, seconds_until
from gateway.core.rule import Then
from gateway.dicomweb.media import covers, parse_accept, parse_media_type, promised
from gateway.dicomweb.multipart import boundary_of
from gateway.dicomweb.transactions import TRANSACTIONS
from tests.fuzz.form import lines

_FORMS = {"application/problem+json", "application/json", "text/html", "text/plain"}


def check_media_type(data: bytes) -> None:
    """What is read can be written down and read again; a boundary is printable; promises are total."""
    value = lines(data, 1)[0]
    media = parse_media_type(value)
    boundary = boundary_of(value)
    assert boundary is None or (boundary.isascii() and boundary.isprintable() and len(boundary) <= 200)
    for transaction in TRANSACTIONS.values():
        promised(transaction, media)
    if media is None:
        assert boundary is None
        return
    assert media.essence == media.essence.lower()
    quoted = "".join(f'; {name}="{_escaped(text)}"' for name, text in media.parameters)
    assert parse_media_type(media.essence + quoted) == media
    assert covers((), media)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def check_accept(data: bytes) -> None:
    """Weights are weights, and the order of two lines' members is the order of the lines."""
    first, second = lines(data, 2)
    ranges = parse_accept(first)
    for range_ in ranges:
        assert 0 <= range_.q <= 1
        assert range_.subtype == "*" or range_.type != "*"
        covers(ranges, range_)
    assert preferred_form(first) in _FORMS
    if first.count('"') % 2 == 0 and "\\" not in first:
        assert parse_accept(f"{first}, {second}") == ranges + parse_accept(second)


def check_retry_after(data: bytes) -> None:
    """What goes out is a whole number of seconds from one upwards, or the archive's own valid value."""
    value, status, now = lines(data, 3)
    moment = float(now) if now.isascii() and now.isdecimal() and len(now) < 11 else 1_767_268_800.0
    code = int(status) if status in ("202", "413", "429", "503") else 503
    said = advice(code, Then(), Response(code, Fields([("Retry-After", value)])), RetryPolicy())
    if is_valid(value):
        assert math.isfinite(seconds_until(value, moment))
    for retry in filter(None, (said, RetryAdvice(RetrySource.QUEUE, seconds=moment))):
        text, _, seconds = rendered(retry, RetryPolicy(), moment, 0.999)
        assert is_valid(text) or retry.source is RetrySource.QUEUE
        assert seconds >= 1
        assert text == value or (text.isdecimal() and int(text) == seconds)

"""W3C Trace Context: what a client says of its trace, and what the archive is told."""

import pytest

from gateway.core.fields import Fields
from gateway.core.trace_context import Parent, Trace, parent_in

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("said", "parent"),
    [
        (f"00-{TRACE}-{SPAN}-01", Parent(TRACE, SPAN, 1)),
        (f"00-{TRACE}-{SPAN}-00", Parent(TRACE, SPAN, 0)),
        (f" 00-{TRACE}-{SPAN}-03\t", Parent(TRACE, SPAN, 3)),
        (f"00-{TRACE}-{SPAN}-fd", Parent(TRACE, SPAN, 1)),  # flags that nobody knows are not said on
        (f"cc-{TRACE}-{SPAN}-01", Parent(TRACE, SPAN, 1)),  # a later version begins alike
        (f"cc-{TRACE}-{SPAN}-01-what-comes", Parent(TRACE, SPAN, 1)),
        (f"00-{TRACE}-{SPAN}-01-what-comes", None),
        (f"cc-{TRACE}-{SPAN}-01what", None),
        (f"ff-{TRACE}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        (f"00-{TRACE[1:]}-{SPAN}-01", None),
        (f"00-{TRACE}-{SPAN}", None),
        (f"00-{TRACE}-{SPAN}-1", None),
        ("", None),
        ("DOE^JOHN", None),
    ],
)
def test_what_a_client_says_of_its_trace(said: str, parent: Parent | None) -> None:
    assert parent_in(Fields([("Traceparent", said)])) == parent


def test_who_has_two_parents_has_none() -> None:
    twice = [("traceparent", f"00-{TRACE}-{SPAN}-01")] * 2
    assert parent_in(Fields(twice)) is None
    assert parent_in(Fields([])) is None


def test_the_archive_is_told_the_span_of_the_gateway() -> None:
    trace = Trace(TRACE, "00f067aa0ba902b7", 1, Parent(TRACE, SPAN, 1))
    assert trace.line == f"traceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n".encode()


def test_a_state_without_a_parent_does_not_cross() -> None:
    parent = Parent(TRACE, SPAN, 1)
    assert Trace(TRACE, SPAN, 1, parent).unsaid == {"traceparent"}
    assert Trace(TRACE, SPAN, 1).unsaid == {"traceparent", "tracestate"}

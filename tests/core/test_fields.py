"""Field lines: ordered, multi-valued, immutable, one character per byte."""

from gateway.core.fields import Fields

LINES = Fields([("Accept", "a/b"), ("X", "1"), ("accept", "c/d")])


def test_names_are_found_in_any_case() -> None:
    assert LINES.all("ACCEPT") == ("a/b", "c/d")
    assert LINES.get("accept") == "a/b"
    assert LINES.combined("Accept") == "a/b, c/d"
    assert ("x" in LINES, "y" in LINES) == (True, False)


def test_what_is_absent_is_empty() -> None:
    assert (LINES.all("Y"), LINES.get("Y"), LINES.get("Y", "z"), LINES.combined("Y")) == ((), "", "z", "")


def test_every_change_is_a_new_value() -> None:
    assert list(LINES.without("ACCEPT")) == [("X", "1")]
    assert list(LINES.adding(("Y", "2")))[-1] == ("Y", "2")
    assert list(LINES.setting("Accept", "e/f")) == [("X", "1"), ("Accept", "e/f")]
    assert len(LINES) == 3


def test_bytes_come_and_go_unchanged() -> None:
    raw = [(b"X-Name", b"M\xc3\xbcller \xff")]
    assert [(name.encode("latin-1"), value.encode("latin-1")) for name, value in Fields.from_raw(raw)] == raw


def test_equal_lines_are_equal_values() -> None:
    assert Fields([("A", "1")]) == Fields([("A", "1")])
    assert Fields([("A", "1")]) != Fields([("a", "1")])
    assert Fields() != []
    assert len({Fields([("A", "1")]), Fields([("A", "1")])}) == 1


def test_no_value_shows_in_a_repr() -> None:
    """A stray repr in a log must not name a patient or carry a token."""
    assert repr(Fields([("Authorization", "secret")])) == "<Fields ['Authorization']>"

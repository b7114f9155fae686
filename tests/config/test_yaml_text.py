"""Two parsers, one language: what libyaml reads, PyYAML reads as the same tree, and what it refuses is refused by both."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config.findings import ConfigErrors, Report
from gateway.config.parse import Tree, parse
from gateway.config.source import Node, place_of
from gateway.config.steps import finished
from gateway.config.yaml_text import careful_events, quick_events

ROOT = Path(__file__).parents[2]
FOLDERS = ("config", "gateway/packs", "gateway/demo", "tests/cases", "tests/config/bad")
FILES = sorted(file for folder in FOLDERS for file in (ROOT / folder).glob("*.yaml"))
TEXTS = [file.read_text("utf-8", "replace") for file in FILES]
ENVIRON = {"X": "a: b"}

TOKENS = """
a b-c 1.5 http://x:1/?q=1 : - ? ! !!str !t &a &b *a # | > |- >+2 ' " "a\\n" "\\u0041" "" 'it''s' ~ null << %YAML --- ... @
{ } [ ] , {a: [a: {? [?a ` a?b x? ${X} ${Y} é 中"""
LINES = ("\n", "\n  ", "\n- ", "\n  - ", ": \n", "  # c\n", "---\n", "|\n  x\n  y\n", ">\n  x\n\n y\n")
PIECES = st.sampled_from([*TOKENS.split(), *LINES, " ", ": ", ", ", "? ", "- - "])
HEAPS = st.lists(PIECES, max_size=25).map("".join)


@st.composite
def wounded(draw: st.DrawFn) -> str:
    """A few lines of a real file, in which something stands that was not there."""
    lines = draw(st.sampled_from(TEXTS)).splitlines(keepends=True)
    first = draw(st.integers(0, len(lines)))
    text = "".join(lines[first : first + draw(st.integers(1, 20))])
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(PIECES) + text[at + draw(st.integers(0, 3)) :]


def quick(text: str) -> Node | None:
    """What libyaml makes of it; None where it may not be asked, or something is wrong."""
    events, report = quick_events(text), Report()
    try:
        node = finished(Tree(events, "g.yaml", ENVIRON, report).document()) if events else None
    except yaml.YAMLError:
        return None
    return None if report.faults else node


def careful(text: str) -> Node | None:
    """What PyYAML makes of it. Raises whatever it raises."""
    report = Report()
    node = finished(Tree(careful_events(text, "g.yaml"), "g.yaml", ENVIRON, report).document())
    assert not report.faults
    return node


def agree(text: str) -> None:
    tree = quick(text)
    assert tree is None or tree == careful(text)


def test_the_quick_one_is_there() -> None:
    """Without it these tests would compare nothing, and a start take half as long again."""
    assert yaml.__with_libyaml__
    assert sum(quick(text) is not None for text in TEXTS) > len(TEXTS) / 2


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name == "packs"], ids=lambda file: file.stem)
def test_a_pack_is_read_quickly(file: Path) -> None:
    assert quick(file.read_text("utf-8")) is not None


@pytest.mark.parametrize("number", range(len(FILES)), ids=lambda number: FILES[number].stem)
def test_both_read_the_same(number: int) -> None:
    agree(TEXTS[number])


@settings(deadline=None)
@given(st.one_of(HEAPS, wounded()))
def test_what_the_quick_one_reads_the_careful_one_reads_as_the_same(text: str) -> None:
    agree(text)


DIFFERENT = (
    "a:\tb", "a: b\r\n", "a: \x85", "a: \u2028", "\ufeffa: b", "\ud800",
    "---", "!t a", "!t: b", "a: >+2#", "?", "{? a}", "{a: , b: c}",
)  # fmt: skip


@pytest.mark.parametrize("text", DIFFERENT)
def test_the_quick_one_has_no_say_where_the_two_differ(text: str) -> None:
    assert quick(text) is None


@pytest.mark.parametrize(
    "text", ["a: '/x?y'", "a: /x?y=1", "a: b # c", "{a: b, c: [d]}", "a: (?i)x|y", "a: wow!", "a: ü"]
)
def test_it_is_asked_about_what_people_write(text: str) -> None:
    assert quick(text) is not None


def test_an_anchor_is_no_mistake_until_it_comes_twice() -> None:
    """An alias to it would be one; see tests/config/bad."""
    parse("a: &x 1\nb: &y 2\n", "g.yaml", {}, Report())
    with pytest.raises(ConfigErrors, match='2:4: not YAML: the anchor "x" was given before'):
        parse("a: &x 1\nb: &x 2\n", "g.yaml", {}, Report())


def test_what_a_key_that_is_none_holds_is_passed_over() -> None:
    report = Report()
    root = parse("[a, '${Y}']: {b: '${Y}'}\nc: 1\n", "g.yaml", {}, report)
    assert [str(finding) for finding in report.findings] == ["g.yaml:1:1: a key must be a word"]
    assert str(place_of(root, "c")) == "g.yaml:2:4"

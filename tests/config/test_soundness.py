"""What the gateway accepts, the schema accepts: each key by itself, with every odd value that YAML knows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway.config.case_files import CASES
from gateway.config.findings import Place, Report, Wrong
from gateway.config.kinds import By, Key, Kind, ListOf, MapOf, One
from gateway.config.reference.json_schema import Writer
from gateway.config.reference.spelling import ENVIRONMENT
from gateway.config.reference.spellings import NoSpelling
from gateway.config.reference.structure import NoForm, form_of, keys_of, spellings_of, table_in
from gateway.config.schema import SECTIONS
from gateway.config.source import Items, Node, Pair, Pairs, Scalar
from tests.support.editor import plain

ODD = """
~ null Null NULL true false True TRUE on off yes no 0 00 1 7 007 -7 +7 1.5 .5 5. 1e5 1E5 2024e 2024e1 0x1F 0o17 .inf -.Inf
.nan 100 199 200 502 599 600 999 99999 123456789012345 1234567890123456 502-504 5xx 30s 0s 0.5s 1.0001s 8KiB 0B 4096GiB 20%
100% 100.000% 020% 100.1% all auto none upstream GET Get a A pacs * - / // /a/b /a?b=c /a/../b http://pacs http:///
HTTPS://[fd00::2]:8042/ tls://a:1 TLS://a:1 redis://r valkeys://u:p@r:1/0 10.0.0.0/8 10.0.0.0/255.0.0.0 fd00::/8 :: ::1
fe80::%eth0/64 fe80::1%eth0 2026-12-01T22:00:00+01:00 20261201T220000Z 2026-W49-2T22:00+01 https://viewer.example.org
text/HTML text/* Basic ~a <1KiB >=5 (?i)a YWJj
"""
SPACED = [
    "",
    " ",
    "\n",
    "a b",
    "a\nb",
    "502 - 504",
    ">= 5",
    'Basic realm="x"',
    "~ ^a",
    "YW Jj",
    "\ufeff",
    "\x85",
    "1" * 300,
]
REFERENCES = ("${X}", "${X:-}", "a${X:-b c}d", "$${X}")

(_, CASE_TABLE) = table_in(CASES) or pytest.fail("files of cases have keys")
KEYS = [*keys_of(SECTIONS), *((f"cases.{path}", key) for path, key in keys_of(CASE_TABLE))]
# Read when the names and codes of the same file are known; what they hold is in rows of their own.
READ_AT_ONCE = [(path, key) for path, key in KEYS if path not in ("rules", "cases.policy")]


def each(pairs: list[tuple[str, Key]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("key", [pytest.param(key, id=path) for path, key in pairs])


def known_texts() -> Iterator[str]:
    for spelling in (spelling for _, key in KEYS for spelling in spellings_of(key.kind)):
        yield from map(str, (*spelling.examples, *spelling.values))


TEXTS = list(dict.fromkeys([*ODD.split(), *SPACED, *known_texts()]))


def nodes(folder: Path) -> Iterator[Node]:
    """Every text with and without quotes, alone, in a list and behind keys."""
    place = Place(str(folder / "odd.yaml"), 1, 1)
    yield from (Items(place), Pairs(place), Items(place, (Items(place),)))
    for text in TEXTS:
        for scalar in (Scalar(place, text), Scalar(place, text, plain=False)):
            yield from (scalar, Items(place, (scalar,)))
            yield from (
                Pairs(place, (Pair(name, place, scalar),)) for name in ("a", "429", "search", "ETag", "/a", text)
            )


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> list[Node]:
    """With a file of each name that a file can have."""
    folder = tmp_path_factory.mktemp("odd")
    for text in TEXTS:
        if text.strip(". ") and "/" not in text and len(text) < 200:
            (folder / text).write_text("Token: a secret of some bytes")  # a header field too
    return list(nodes(folder))


def accepts(kind: Kind, node: Node) -> bool:
    report = Report()
    try:
        kind.read(node, report)
    except Wrong:
        return False
    return not report.faults


def schema_of(kind: Kind) -> Draft202012Validator:
    writer = Writer()
    schema = writer.schema(kind)
    return Draft202012Validator({**schema, "$defs": {"environment": ENVIRONMENT, **writer.definitions}})


@each(READ_AT_ONCE)
def test_what_a_key_accepts_the_schema_accepts(key: Key, odd: list[Node]) -> None:
    schema = schema_of(key.kind)
    values = [plain(node) for node in odd if accepts(key.kind, node)]
    assert [value for value in values if not schema.is_valid(value)] == []


# The ids of routes and archives are those of a file, and here is none.
@each([pair for pair in READ_AT_ONCE if not table_in(pair[1].kind) and pair[0][-5:] not in ("route", "tream")])
def test_every_key_accepts_something_of_it(key: Key, odd: list[Node]) -> None:
    assert any(accepts(key.kind, node) for node in odd if not (isinstance(node, Scalar) and node.is_null))


@each([pair for pair in READ_AT_ONCE if isinstance(form_of(pair[1].kind), One)])
def test_a_variable_may_stand_in_every_value(key: Key) -> None:
    schema = schema_of(key.kind)
    assert [reference for reference in REFERENCES if not schema.is_valid(reference)] == []


@pytest.mark.parametrize("kind", [ListOf(One(str)), MapOf(str, One(str))])
def test_no_variable_stands_for_a_list_or_a_section(kind: Kind) -> None:
    assert not schema_of(kind).is_valid("${X}")


def _unheard_of(written: str) -> str:
    return written


class _Shapeless:
    def read(self, node: Node, report: Report) -> object:
        return node

    def show(self, value: Any) -> object:
        return value


def test_a_function_without_a_spelling_is_named_with_what_to_do() -> None:
    with pytest.raises(
        NoSpelling, match=r"_unheard_of is written; add a row to SPELLINGS in gateway\.config\.reference"
    ):
        schema_of(One(_unheard_of))


def test_a_kind_without_a_form_is_named_with_what_to_do() -> None:
    with pytest.raises(NoForm, match="the kind _Shapeless is written; give it a `form`"):
        schema_of(By(lambda node, _: node, _Shapeless()))

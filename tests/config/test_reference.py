"""The reference: what is written in config/ and docs/ is what the tables say, and nothing is missing in it."""

import re
from pathlib import Path

import pytest

from gateway.config.case_files import FILE
from gateway.config.findings import Report
from gateway.config.kinds import Table
from gateway.config.parse import parse
from gateway.config.reference.examples import EXAMPLES, sections
from gateway.config.reference.markdown import markdown
from gateway.config.reference.render import render
from gateway.config.reference.structure import keys_of, spellings_of
from gateway.config.schema import SECTIONS
from gateway.config.source import Items, Node, Pairs

ROOT = Path(__file__).parents[2]
WRITTEN = {
    "config/gateway.schema.json": ("configuration", "json"),
    "config/cases.schema.json": ("cases", "json"),
    "docs/configuration.md": ("configuration", "markdown"),
    "docs/cases.md": ("cases", "markdown"),
}
TABLES = {"configuration": SECTIONS, "cases": FILE}
PAGES = {of: markdown(of) for of in TABLES}


@pytest.mark.parametrize("file", WRITTEN)
def test_what_is_written_is_current(file: str) -> None:
    of, form = WRITTEN[file]
    current = (ROOT / file).read_text("utf-8") == render(of, form)
    assert current, f"{file} is not what the tables say any more; run: make reference"


def names_in(node: Node) -> set[str]:
    """Every key of a tree, with those that are above it."""
    if isinstance(node, Items):
        return set().union(*map(names_in, node.nodes))
    if not isinstance(node, Pairs):
        return set()
    return {re.sub(r"\[\d+\]", "", pair.place.path) for pair in node.pairs}.union(
        *(names_in(p.node) for p in node.pairs)
    )


def shown(path: str) -> re.Pattern[str]:
    """A path of the reference, for whatever an operator calls what is between <>."""
    return re.compile(re.sub(r"<[a-z]+>", "[^.]+", path.replace("[]", "").replace(".", r"\.")))


@pytest.mark.parametrize("of", TABLES)
def test_every_key_is_in_the_example(of: str) -> None:
    there = names_in(parse(EXAMPLES[of], f"{of}.yaml", {}, Report()))
    # A rule's examples are cases; what is in the policy of cases is in the example of a configuration.
    elsewhere = ("rules[].examples[].", "policy.")
    keys = [path for path, _ in keys_of(TABLES[of]) if not path.startswith(elsewhere)]
    missing = [path for path in keys if not any(shown(path).fullmatch(name) for name in there)]
    assert missing == [], f"add them to gateway/config/reference/{of}.yaml, then: make reference"


@pytest.mark.parametrize("of", TABLES)
def test_the_page_has_every_key_once(of: str) -> None:
    anchors = re.findall(r'<a id="([^"]+)"></a>', PAGES[of])
    assert len(anchors) == len(set(anchors))
    own = [path for path, _ in keys_of(TABLES[of]) if not path.startswith(("rules[].examples[].", "policy."))]
    assert {re.sub(r"\.<[a-z]+>|\[\]", "", path) for path in own} <= set(anchors)


@pytest.mark.parametrize("of", TABLES)
def test_every_link_leads_somewhere(of: str) -> None:
    there = set(re.findall(r'<a id="([^"]+)"></a>', PAGES[of])) | {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in re.findall(r"(?m)^#+ (.*)$", PAGES[of])
    }
    links = re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", PAGES[of])
    assert [anchor for file, anchor in links if not file and anchor not in there] == []
    assert [file for file, _ in links if file and not (ROOT / "docs" / file).exists()] == []


def test_the_example_of_a_section_is_its_lines() -> None:
    found = sections("configuration")
    assert list(found) == [key for key in SECTIONS.keys if key in found]
    assert found["admin"] == "admin:\n  host: 127.0.0.1\n  port: 9090"


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_what_has_one_name_is_written_in_one_way(table: Table) -> None:
    ways: dict[str, list[object]] = {}
    for spelling in (spelling for _, key in keys_of(table) for spelling in spellings_of(key.kind)):
        found = ways.setdefault(spelling.name or spelling.words, [])
        found += [spelling.as_value()] if spelling.as_value() not in found else []
    assert {name: found for name, found in ways.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    "file", ["config/gateway.yaml", "config/minimal.yaml", *(f"gateway/config/reference/{of}.yaml" for of in TABLES)]
)
def test_a_file_that_ships_leads_an_editor_to_its_schema(file: str) -> None:
    first = (ROOT / file).read_text("utf-8").splitlines()[0]
    (schema,) = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first).groups()  # type: ignore[union-attr]
    assert ((ROOT / file).parent / schema).resolve() in {ROOT / written for written in WRITTEN}

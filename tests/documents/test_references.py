"""What the pages point at is there: other pages, their headings, files, metrics."""

import re

import pytest

from tests.documents.markdown import ROOT, Page, pages
from tests.documents.metrics_page import QUERIES

PAGES = {page.name: page for page in pages()}
# Where the names of files in the prose may begin.
_ROOTS = ("", "gateway/", "docs/")
_TOP = "gateway|tests|docs|config|deploy|bench|proxy|core|dicomweb|guard|telemetry|audit|recordings|admin|workers"
_FILE = re.compile(rf"(?:\.ci|{_TOP})/[\w./*-]*|[\w-]+\.(?:md|toml|svg)|Makefile|Dockerfile")
# Names in a hospital's own folders, of files that are made, and of what others wrote.
_NOT_OURS = ("conformance.md", "letter.md")


def named(page: Page) -> str:
    return page.name


@pytest.mark.parametrize("page", PAGES.values(), ids=named)
def test_every_link_leads_somewhere(page: Page) -> None:
    for link in page.links:
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (ROOT / page.name).parent / file if file else ROOT / page.name
        assert target.exists(), link
        if anchor:
            assert anchor in PAGES[str(target.resolve().relative_to(ROOT))].anchors, link


@pytest.mark.parametrize("page", PAGES.values(), ids=named)
def test_every_metric_that_is_named_exists(page: Page) -> None:
    parts = re.compile(r"_(?:bucket|sum|count)$")
    found = set(re.findall(r"\bpacs_gateway_[a-z_]*[a-z]\b(?![:_*.])", page.text))
    assert [name for name in sorted(found) if name not in QUERIES and parts.sub("", name) not in QUERIES] == []


@pytest.mark.parametrize("page", PAGES.values(), ids=named)
def test_every_file_that_is_named_exists(page: Page) -> None:
    found = {code for code in page.code if _FILE.fullmatch(code)} - set(_NOT_OURS)
    assert [name for name in sorted(found) if not any(list(ROOT.glob(root + name)) for root in _ROOTS)] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, new = set[str](), {"README.md"}
    while new:
        reached |= new
        links = {(ROOT / name).parent / link.partition("#")[0] for name in new for link in PAGES[name].links}
        files = {str(file.resolve().relative_to(ROOT)) for file in links if ":" not in str(file)}
        new = files & PAGES.keys() - reached
    assert set(PAGES) - reached == set()


def test_the_tables_that_contributors_are_sent_to_exist() -> None:
    sent = re.findall(r"((?:`[A-Z]\w+`(?: and )?)+)(?:[^|`]*) in `(\S+)`", PAGES["CONTRIBUTING.md"].text)
    named = [(word, file) for words, file in sent for word in re.findall(r"\w+(?=`)", words)]
    assert len(named) >= 4
    assert [
        (word, file) for word, file in named if not re.search(rf"^(?:class )?{word}\b", (ROOT / file).read_text(), re.M)
    ] == []

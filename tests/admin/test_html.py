"""The pages of the admin port, read by a parser that knows every error of the HTML standard."""

import re

import pytest
from tinyhtml5.parser import HTMLParser

from gateway.admin.html import Markup, card, table, tag
from gateway.admin.would_rewrite import report
from gateway.admin.would_rewrite_page import would_rewrite_page
from gateway.core.policy import Mode
from tests.admin.page import NOW, populated, written
from tests.admin.process import Process


def pages() -> dict[str, str]:
    busy, idle = populated(Mode.OBSERVE), Process()
    return {
        "status, busy": written(busy),
        "status, idle": written(idle),
        "would rewrite, busy": would_rewrite_page(report(busy.settings, busy.counted.snapshot(), NOW)),
        "would rewrite, idle": would_rewrite_page(report(idle.settings, idle.counted.snapshot(), NOW)),
    }


@pytest.mark.parametrize(("name", "text"), pages().items(), ids=pages().keys())
def test_a_page_is_html_without_an_error(name: str, text: str) -> None:
    parser = HTMLParser()
    parser.parse(text)
    assert parser.errors == [], name
    ids = re.findall(r' id="([^"]*)"', text)
    assert sorted(set(ids)) == sorted(ids)
    assert set(re.findall(r'aria-labelledby="([^"]*)"', text)) <= set(ids)


def test_the_parser_would_have_found_one() -> None:
    parser = HTMLParser()
    parser.parse(written(Process()).replace("</h1>", "</h2>", 1))
    assert parser.errors


def test_everything_is_escaped_but_markup() -> None:
    assert tag("p", "<b>", Markup("<i></i>"), class_='"x"') == '<p class="&quot;x&quot;">&lt;b&gt;<i></i></p>'


def test_a_table_names_its_rows_and_columns() -> None:
    text = table("Last things", ("Thing", "Number"), [("first", 1234)], "none")
    assert '<th scope="col" role="columnheader" class="number">Number</th>' in text
    assert '<th scope="row" role="rowheader">first</th>' in text
    assert '<td role="cell" class="number" data-head="Number"><div>1\u2009234</div></td>' in text
    assert text.count('aria-labelledby="last-things"') == 2


def test_a_table_without_rows_is_a_sentence() -> None:
    text = table("Last things", ("Thing",), [], "None so far.")
    assert text == card("Last things", tag("p", "None so far.", class_="empty"))
    assert "<table" not in text

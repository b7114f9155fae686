"""The statement on paper: Markdown and HTML, with everything that comes from outside as text."""

import re
from typing import Any

import pytest

from gateway.admin.conformance_page import html
from gateway.conformance.chapters import document
from gateway.conformance.document import Document, Facts, Grid, Heading, Paragraph
from gateway.conformance.markdown import markdown
from gateway.conformance.observed import Observed
from tests.conformance.making import GUARDED, PORTAL, said

HOSTILE = {
    **PORTAL,
    "why": "A | pipe, a `tick`, a *star*, <script>alert(1)</script> and [a](link).",
    "when": {"body": "a|b_"},
}


def page(**sections: Any) -> str:
    return markdown(document(said(**sections)))


def counted(**changes: Any) -> Observed:
    given = {"seen": {"200": 7}, "undeclared": {}, "never_seen": (201,), "since": 0.0, "is_of_another": False}
    return Observed(**{**given, **changes})


def test_there_is_a_row_for_each_code_of_both_tables() -> None:
    text = page()
    assert text.count("\n| 404 | Not Found |") == 2
    assert text.count("\n| Other Status Codes |") == 1
    assert "\n- Added rows: 429\n" in text
    assert "| 429 | Too Many Requests | Added row. A limit of the gateway or of the archive was reached.<br>" in text


def test_tables_have_as_many_cells_in_each_row_as_in_the_head() -> None:
    for block in re.split(r"\n\n", page(rules=[HOSTILE], packs="all", **GUARDED)):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) <= 1


def test_what_a_rule_says_is_text_and_not_markup() -> None:
    text = page(rules=[HOSTILE])
    assert r"A \| pipe, a \`tick\`, a \*star\*, \<script>alert(1)\</script> and \[a\](link)." in text
    assert r"When the content matches a\|b\_." in text
    told = html(document(said(rules=[HOSTILE])))
    assert "<script" not in told
    assert "&lt;script&gt;" in told


def test_names_with_underscores_are_left_readable() -> None:
    told = markdown(Document("a_b", (Paragraph("connection_refused, _so_"),)))
    assert told == "# a_b\n\nconnection_refused, \\_so\\_\n"


def test_observe_mode_cannot_be_overlooked() -> None:
    assert "> **MODE: OBSERVE. NOTHING OF THIS IS IN FORCE.**" in page(mode="observe")
    assert "MODE: OBSERVE" not in page()
    assert 'class="large">MODE: OBSERVE' in html(document(said(mode="observe")))


def test_many_rules_of_a_pack_are_summed_up_and_few_are_told() -> None:
    text = page(packs=["orthanc"], rules=[PORTAL])
    assert re.search(r"<br>6 rules of the pack orthanc: orthanc-media-type, ", text)
    assert "Rule orthanc-not-implemented of the pack orthanc: " in text
    assert (
        "Rule portal-login: The portal's session ran out. When the status is 302 or 303, and the transaction is any search, "
        "and Location matches /login." in text
    )


def test_a_rule_that_observes_says_so() -> None:
    observing = {**PORTAL, "then": {**PORTAL["then"], "observe": "true"}}
    assert "Rule portal-login, which only observes: " in page(rules=[observing])


def test_what_was_counted_stands_beside_the_codes() -> None:
    text = markdown(document(said(), counted()))
    assert "| Code | Name | Condition | Sent so far |" in text
    assert re.search(r"\n\| 200 \| OK \| .* \| 7 \|\n", text)
    assert "- Counted: 7 answers\n- Declared and not sent so far: 201" in text


def test_what_is_not_declared_and_was_sent_cannot_be_overlooked() -> None:
    text = markdown(document(said(), counted(undeclared={"502": 3}, is_of_another=True)))
    assert "> **CODES WERE SENT THAT ARE NOT DECLARED.**\n> 502 (3 times)." in text
    assert "runs another configuration" in text


def test_there_is_no_date_on_it() -> None:
    assert not re.search(r"20[0-9]{2}-[0-9]{2}", page(packs="all"))


@pytest.mark.parametrize("sections", [{}, GUARDED, {"documented": {"set": "dcs"}}, {"documented": {"strict": "true"}}])
def test_the_page_is_whole_and_brings_nothing_from_elsewhere(sections: dict[str, Any]) -> None:
    told = html(document(said(**sections)))
    assert told.startswith("<!doctype html>")
    assert told.rstrip().endswith("</html>")
    assert not re.search(r"<(?:script|img|link|iframe)|url\(", told)
    assert "href=" not in told  # a file has nowhere to lead to


def test_an_empty_table_says_so() -> None:
    empty = Document("t", (Heading("h"), Facts((("a", "b"),)), Grid("g", ("x",), (), "Nothing.")))
    assert markdown(empty) == "# t\n\n## h\n\n- a: b\n\n**g**\n\nNothing.\n"
    assert "Nothing." in html(empty)

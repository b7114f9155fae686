"""docs/probe.md lists every check as it is, and its commands have the options that it names."""

import re

from gateway.cli.main import parser
from gateway.probe.checks import FIND, FIND_INSTANCES, METADATA, READING, WADO_URI
from gateway.probe.store_checks import AFTER_CUT, CUT_UPLOAD, STORE
from tests.probe.page import PAGE, current

TEXT = PAGE.read_text("utf-8")


def test_the_table_is_current() -> None:
    assert current(TEXT) == TEXT, "run: make reference"


def test_every_option_that_the_page_names_exists() -> None:
    known = parser(["probe"]).parse_args(["probe", "http://pacs"])
    options = {option.replace("-", "_") for option in re.findall(r"`--([a-z-]+)", TEXT)} - {"help"}
    assert options <= vars(known).keys()
    assert {"rate", "requests", "timeout", "allow_store", "write", "identifiers"} <= options


def test_no_two_checks_share_a_name() -> None:
    names = [check.id for check in (FIND, FIND_INSTANCES, METADATA, *READING, *WADO_URI, *STORE, CUT_UPLOAD, AFTER_CUT)]
    assert len(names) == len(set(names))


def test_only_stores_send_anything() -> None:
    assert not [check.id for check in (FIND, FIND_INSTANCES, METADATA, *READING, *WADO_URI) if check.content]
    methods = {check.method for check in (*READING, *WADO_URI, *STORE, CUT_UPLOAD, AFTER_CUT)}
    assert methods == {"GET", "HEAD", "OPTIONS", "PROPFIND", "POST", "PATCH"}


def test_a_right_answer_is_among_those_that_are_expected_and_never_a_success() -> None:
    for check in (*READING, *WADO_URI, *STORE):
        assert not check.right or (check.right in check.statuses and check.right >= 400), check.id

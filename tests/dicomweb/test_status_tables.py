"""The status codes, the two documented sets and the words on the status line."""

import re
from http import HTTPStatus

import pytest

from gateway.dicomweb.statuses import (
    DCS_NAMES,
    DCS_SET,
    DICOM_SET,
    FORBIDS_CONTENT,
    NEVER_FINAL,
    NEVER_SENT,
    STATUS_CODES,
    SWITCHING_PROTOCOLS,
    StatusCode,
    reason_phrase,
)


def test_the_sets_have_the_size_of_their_tables() -> None:
    assert (len(DICOM_SET), len(DCS_SET)) == (26, 42)


def test_the_second_set_extends_the_first() -> None:
    assert sorted(DCS_SET - DICOM_SET) == [
        *(100, 101, 300, 302, 305, 306, 402, 407, 408, 412, 416, 417, 422, 429, 502, 504)
    ]
    assert DICOM_SET < DCS_SET


def test_neither_set_documents_the_redirects_that_keep_the_method() -> None:
    assert {307, 308}.isdisjoint(DCS_SET)


def test_every_documented_code_is_described() -> None:
    assert set(STATUS_CODES) >= DCS_SET
    assert {code for code, row in STATUS_CODES.items() if row.dicom} == DICOM_SET
    assert {code for code, row in STATUS_CODES.items() if row.dcs} == DCS_SET


@pytest.mark.parametrize("row", STATUS_CODES.values(), ids=lambda row: str(row.code))
def test_a_row_has_a_clause_and_one_sentence(row: StatusCode) -> None:
    assert STATUS_CODES[row.code] is row
    assert re.fullmatch(r"RFC (9110 15\.[2-6]\.\d+|4918 11\.[45]|6585 [3-6]|7725 3)", row.rfc)
    assert re.fullmatch(r"[A-Z][^.]*(\.[0-9][^.]*)*\.", row.meaning)


# Where the Python of today still has the name of an older RFC, and RFC 9110 another one.
NAMES_OF_RFC_9110 = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable"}
NAMES_OF_RFC_9110 |= {422: "Unprocessable Content", 306: "Unused", 418: "Unused"}


@pytest.mark.parametrize("code", STATUS_CODES)
def test_a_name_is_that_of_the_registry(code: int) -> None:
    assert STATUS_CODES[code].name == (NAMES_OF_RFC_9110.get(code) or HTTPStatus(code).phrase)


@pytest.mark.parametrize(
    ("code", "dicom", "dcs"),
    [
        (200, "OK", "OK"),
        (204, "No Content", "NoContent"),
        (302, "Found", "Found"),
        (305, "Use Proxy", "Use Proxy"),
        (306, "Unused", "Unused"),
        (400, "Bad Request", "BadRequest"),
        (402, "Payment Required", "Payment Required"),
        (404, "Not Found", "NotFound"),
        (405, "Method Not Allowed", "MethodNotAllowed"),
        (408, "Request Timeout", "Request Time-out"),
        (413, "Content Too Large", "Request Entity Too Large"),
        (414, "URI Too Long", "Request-URI Too Large"),
        (416, "Range Not Satisfiable", "Requested range not satisfiable"),
        (422, "Unprocessable Content", "UnprocessableEntity"),
        (429, "Too Many Requests", "TooManyRequests"),
        (500, "Internal Server Error", "InternalServerError"),
        (502, "Bad Gateway", "Bad Gateway"),
        (503, "Service Unavailable", "ServiceUnavailable"),
        (504, "Gateway Timeout", "ServerTimeout"),
        (505, "HTTP Version Not Supported", "HTTP Version not supported"),
        (507, "Insufficient Storage", "Insufficient Storage"),
        (299, "", ""),
        (-1, "", ""),
    ],
)
def test_the_reason_phrase_is_the_name_in_the_set(code: int, dicom: str, dcs: str) -> None:
    assert reason_phrase(code, "dicom") == dicom
    assert reason_phrase(code, "dcs") == dcs


def test_the_second_set_names_each_of_its_codes_and_differs_in_fourteen() -> None:
    assert set(DCS_NAMES) == DCS_SET
    assert sum(DCS_NAMES[code] != STATUS_CODES[code].name for code in DCS_SET) == 14


def test_documented_is_not_the_same_as_fit_to_send() -> None:
    assert NEVER_SENT == {305, 306} <= DCS_SET
    assert {100, 101} == NEVER_FINAL & DCS_SET
    assert 199 in NEVER_FINAL
    assert 200 not in NEVER_FINAL


def test_answers_that_have_no_content() -> None:
    assert FORBIDS_CONTENT - {SWITCHING_PROTOCOLS} == {204, 205, 304} <= DICOM_SET

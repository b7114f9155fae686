"""Where redirects may lead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.fields import Fields
from gateway.core.redirect import Destination, destination, resolved
from tests.core.making import said

PACS = "http://pacs.internal:8042"
STORE = "https://store.internal:443"

FOLLOWED = [
    ("/studies/1.2/", Destination(PACS, "/studies/1.2/")),
    ("http://pacs.internal:8042/x?a=%5E", Destination(PACS, "/x?a=%5E")),
    ("HTTP://PACS.internal:8042/x", Destination(PACS, "/x")),
    ("//pacs.internal:8042/x", Destination(PACS, "/x")),
    ("?page=2", Destination(PACS, "/dicom-web/studies?page=2")),
    ("other", Destination(PACS, "/dicom-web/other")),
    ("https://store.internal/signed?key=1", Destination(STORE, "/signed?key=1")),
    ("http://pacs.internal:8042", Destination(PACS, "/")),
]
NOT_FOLLOWED = [
    "http://evil.example/x",
    "//evil.example/x",
    "/\\evil.example/x",
    "http:/evil.example",
    "http:evil.example",
    "http:///evil.example",
    "///evil.example",
    "\\\\evil.example/x",
    "x\\y",
    "http://pacs.internal:8042@evil.example/",
    "http://user:password@pacs.internal:8042/",
    "http://pacs.internal:9999/x",
    "https://pacs.internal:8042/x",
    "http://store.internal/x",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "http://[::1/x",
    "/a b",
    "/\x80",
]


@pytest.mark.parametrize(("location", "expected"), FOLLOWED)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_archives_own_addresses_and_listed_ones(location: str, expected: Destination, status: int) -> None:
    answer = said(status, ("Location", location))
    assert destination("GET", "/dicom-web/studies", answer, PACS, [STORE]) == expected


@pytest.mark.parametrize("location", NOT_FOLLOWED)
def test_nowhere_else(location: str) -> None:
    found = destination("GET", "/dicom-web/studies", said(302, ("Location", location)), PACS, [STORE])
    assert found is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_what_changes_something_is_never_followed(method: str) -> None:
    assert destination(method, "/studies", said(307, ("Location", "/x")), PACS, []) is None


@pytest.mark.parametrize("status", [200, 300, 304, 305, 404, 503])
def test_only_redirects_lead_somewhere(status: int) -> None:
    assert destination("GET", "/studies", said(status, ("Location", "/x")), PACS, []) is None


def test_two_addresses_are_none() -> None:
    assert destination("GET", "/studies", said(302, ("Location", "/x"), ("Location", "/y")), PACS, []) is None


PIECES = [
    "http",
    "https",
    ":",
    "/",
    "//",
    "\\",
    "@",
    "?",
    "#",
    ".",
    "..",
    "%2f",
    "[",
    "]",
    "\t",
    "\r\n",
    "\x00",
    " ",
    "\xe4",
]
NAMES = ["pacs.internal", "store.internal", "evil.example", "127.0.0.1", ":8042", ":443", ":x", "studies", "javascript"]


@given(
    st.lists(st.sampled_from(PIECES + NAMES)).map("".join) | st.text(), st.sampled_from(["/studies?a=b", "//x", "/"])
)
def test_whatever_is_written_only_known_places_are_asked_in_plain_characters(location: str, target: str) -> None:
    found = destination("GET", target, said(302, ("Location", location)), PACS, [STORE])
    if found is not None:
        assert found.origin in (PACS, STORE)
        assert found.target.startswith("/")
        assert all("!" <= character <= "~" for character in found.target)
        assert not {"\\", "#"} & set(found.target)


@given(st.lists(st.sampled_from(PIECES + NAMES)).map("".join) | st.text())
def test_whatever_is_written_it_can_be_resolved(address: str) -> None:
    fields = Fields([("Location", address), ("Content-Type", address)])
    assert resolved(fields, Destination(PACS, "/studies/1")).get("Content-Type") == address


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("c", "http://pacs.internal:8042/a/c"),
        ("/c?d", "http://pacs.internal:8042/c?d"),
        ("//other.example/c", "http://other.example/c"),
        ("https://other.example/%7e", "https://other.example/%7e"),
        ("\\\\other.example", "\\\\other.example"),
        ("http://[", "http://["),
        ("//[", "//["),
    ],
)
def test_relative_addresses_are_completed(written: str, meant: str) -> None:
    fields = resolved(Fields([("Location", written), ("Content-Location", written)]), Destination(PACS, "/a/b"))
    assert [value for _, value in fields] == [meant, meant]

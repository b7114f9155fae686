"""The header section of an answer as it leaves. Addresses and cookies have tables of their own beside this one."""

import pytest

from gateway.core.fields import Fields
from gateway.core.headers import response_lines
from tests.core.making import RETRIEVE, replied, said

PUBLIC = "https://gw.example"
ARCHIVE = "http://pacs.internal:8042"


def left(*lines: tuple[str, str]) -> Fields:
    return response_lines(Fields(lines), upstream_origin=ARCHIVE, public_base=PUBLIC, version="1.1")


def test_lines_leave_in_order_and_uncombined() -> None:
    lines = [("Server", "x"), ("Set-Cookie", "a=1"), ("warning", "299 a"), ("Set-Cookie", "b=2"), ("Warning", "299 b")]
    assert list(left(*lines)) == [*lines, ("Via", "1.1 pacs-gateway")]


@pytest.mark.parametrize(
    "name",
    ["Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "Proxy-Authenticate", "Trailer", "Strict-Transport-Security",
     "Proxy-Status", "Alt-Svc"],
)  # fmt: skip
def test_what_is_about_the_hop_or_the_gateways_to_say_stays(name: str) -> None:
    assert name not in left((name, "x"))


def test_via_of_the_answer_is_added_to() -> None:
    assert left(("via", "1.1 iis")).all("Via") == ("1.1 iis, 1.1 pacs-gateway",)
    assert left(("Via", "1.1 i\x07is"), ("Via", "")).all("Via") == ("1.1 pacs-gateway",)


def test_what_names_the_archive_comes_to_name_the_gateway() -> None:
    lines = left(
        ("Location", f"{ARCHIVE}/rs/studies/1"),
        ("content-location", f"{ARCHIVE}/rs/studies/2"),
        ("LINK", f"<{ARCHIVE}/rs/studies?offset=9>; rel=next"),
        ("Refresh", f"5; url={ARCHIVE}/login"),
        ("Set-Cookie", "a=1; Domain=pacs.internal"),
        ("Set-Cookie", "b=2; Domain=gw.example"),
    )
    assert list(lines)[:-1] == [
        ("Location", f"{PUBLIC}/rs/studies/1"),
        ("content-location", f"{PUBLIC}/rs/studies/2"),
        ("LINK", f"<{PUBLIC}/rs/studies?offset=9>; rel=next"),
        ("Refresh", f"5; url={PUBLIC}/login"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2; Domain=gw.example"),
    ]


def test_no_other_field_is_looked_into() -> None:
    lines = [(name, f"{ARCHIVE}/x") for name in ("X-Retrieve-URL", "Warning", "WWW-Authenticate", "Server", "ETag")]
    assert list(left(*lines))[:-1] == lines


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,x"]
)
def test_an_attack_is_no_location(address: str) -> None:
    assert "Location" not in left(("Location", address))


def test_a_redirect_leads_to_the_gateway() -> None:
    reply = replied(RETRIEVE, said(302, ("Location", f"{ARCHIVE}/rs/studies/9")))
    assert (reply.status, reply.fields.get("Location")) == (303, f"{PUBLIC}/rs/studies/9")


def test_the_archives_date_stays_and_a_missing_one_is_added() -> None:
    assert replied(RETRIEVE, said(200, ("date", "x"))).fields.all("Date") == ("x",)
    assert replied(RETRIEVE, said(200)).fields.all("Date") == ("Thu, 01 Jan 2026 12:00:00 GMT",)

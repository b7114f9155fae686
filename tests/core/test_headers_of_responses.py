"""The header section of an answer as it leaves, and addresses at the archive in the gateway's name."""

import pytest

from gateway.core.fields import Fields
from gateway.core.headers import rebased, response_lines
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
     "Proxy-Status"],
)  # fmt: skip
def test_what_is_about_the_hop_or_the_gateways_to_say_stays(name: str) -> None:
    assert name not in left((name, "x"))


def test_via_of_the_answer_is_added_to() -> None:
    assert left(("via", "1.1 iis")).all("Via") == ("1.1 iis, 1.1 pacs-gateway",)
    assert left(("Via", "1.1 i\x07is"), ("Via", "")).all("Via") == ("1.1 pacs-gateway",)


def test_both_addresses_are_rewritten_and_no_other_field() -> None:
    inside = f"{ARCHIVE}/studies/1"
    lines = left(("Location", inside), ("content-location", inside), ("Link", inside))
    assert lines.all("Location") == lines.all("Content-Location") == ("https://gw.example/studies/1",)
    assert lines.all("Link") == (inside,)


@pytest.mark.parametrize(
    ("origin", "address", "wanted"),
    [
        (ARCHIVE, "http://pacs.internal:8042/rs/studies/1?x=%2F#f", PUBLIC + "/rs/studies/1?x=%2F#f"),
        (ARCHIVE, "HTTP://PACS.Internal:8042/rs", PUBLIC + "/rs"),
        (ARCHIVE, "http://pacs.internal:8042", PUBLIC),
        (ARCHIVE, "http://pacs.internal:8042?x=1", PUBLIC + "?x=1"),
        (ARCHIVE, "http://pacs.internal:8042#f", PUBLIC + "#f"),
        (ARCHIVE, "http://user:secret@pacs.internal:8042/x", PUBLIC + "/x"),
        (ARCHIVE, "//pacs.internal:8042/login", PUBLIC + "/login"),
        (ARCHIVE, "http://pacs.internal:8042//evil.example/x", PUBLIC + "//evil.example/x"),
        ("http://pacs.internal", "http://pacs.internal:80/x", PUBLIC + "/x"),
        ("http://pacs.internal:80", "http://pacs.internal/x", PUBLIC + "/x"),
        ("https://pacs.internal", "https://pacs.internal:443/x", PUBLIC + "/x"),
        ("https://pacs.internal", "//pacs.internal/x", PUBLIC + "/x"),
        ("http://[2001:db8::1]:8042", "http://[2001:DB8::1]:8042/x", PUBLIC + "/x"),
    ],
)
def test_an_address_at_the_archive_is_the_same_path_at_the_gateway(origin: str, address: str, wanted: str) -> None:
    assert rebased(address, origin, PUBLIC) == wanted


@pytest.mark.parametrize(
    "address",
    [
        *("/rs/studies/1", "studies/1", "?x=1", "#f", "", "../x", "http:/pacs.internal:8042/x", "http:x"),
        *(
            "http://pacs.internal/x",
            "http://pacs.internal:8043/x",
            "https://pacs.internal:8042x/",
            "http://other:8042/x",
        ),
        *("ftp://pacs.internal:8042/x", "javascript:alert(1)", "//other/x", "urn:oid:2.25.1"),
        *(
            "http://[::1/x",
            "http://pacs.internal:port/x",
            "http://pacs.internal:99999/x",
            "http://pacs.internal.evil:8042/",
        ),
    ],
)
def test_all_other_addresses_stay_as_they_are(address: str) -> None:
    assert rebased(address, ARCHIVE, PUBLIC) == address
    assert rebased(address, "", PUBLIC) == address


def test_without_a_name_of_its_own_the_gateway_rewrites_nothing() -> None:
    assert rebased(f"{ARCHIVE}/x", ARCHIVE, "") == f"{ARCHIVE}/x"


def test_https_at_another_port_of_the_same_host_is_another_place() -> None:
    assert rebased("https://pacs.internal/x", "http://pacs.internal", PUBLIC) == "https://pacs.internal/x"


def test_a_redirect_leads_to_the_gateway() -> None:
    reply = replied(RETRIEVE, said(302, ("Location", f"{ARCHIVE}/rs/studies/9")))
    assert (reply.status, reply.fields.get("Location")) == (303, f"{PUBLIC}/rs/studies/9")


def test_the_archives_date_stays_and_a_missing_one_is_added() -> None:
    assert replied(RETRIEVE, said(200, ("date", "x"))).fields.all("Date") == ("x",)
    assert replied(RETRIEVE, said(200)).fields.all("Date") == ("Thu, 01 Jan 2026 12:00:00 GMT",)

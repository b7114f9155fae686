"""`Set-Cookie` in the gateway's name: the `Domain` of the archive goes, and not a byte besides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.cookies import as_own
from gateway.core.fields import Fields
from gateway.core.headers import response_lines

ARCHIVE, PUBLIC = "http://pacs.klinik.example:8042", "https://bilder.praxis.example"
OWN = "pacs.klinik.example"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (f"s=1; Domain={OWN}", "s=1"),
        (f"s=1; Domain={OWN}; Path=/", "s=1; Path=/"),
        (f"s=1;domain=.{OWN};HttpOnly", "s=1;HttpOnly"),
        (f"s=1; Path=/ ;\tDOMAIN = {OWN.upper()} ; Secure", "s=1; Path=/ ; Secure"),
        (f"s=1; Domain={OWN}.", "s=1"),
        ("s=1; Domain=klinik.example", "s=1"),
        (f"s=1; Expires=Wed, 21 Oct 2032 07:28:00 GMT; Domain={OWN}; SameSite=None",
         "s=1; Expires=Wed, 21 Oct 2032 07:28:00 GMT; SameSite=None"),
        (f"s=1; Domain=evil.example; Domain={OWN}", "s=1"),
        (f"s=1; Domain={OWN}; Domain=", "s=1"),
        (f"Domain={OWN}; Domain={OWN}", f"Domain={OWN}"),
        (f'a="x; Domain={OWN}; y"', 'a="x; y"'),
    ],
)  # fmt: skip
def test_a_cookie_of_the_archive_becomes_one_of_the_gateway(line: str, wanted: str) -> None:
    assert as_own(line, ARCHIVE, PUBLIC) == wanted


@pytest.mark.parametrize(
    "line",
    [
        *("s=1", "s=1; Path=/rs", "", ";", "=", "s", "s=1; ; ;Odd=; =x;", "s=a,b c; Max-Age=1 ;SECURE"),
        *("s=1; Domain=bilder.praxis.example", "s=1; Domain=praxis.example", "s=1; Domain=.example"),
        *("s=1; Domain=evil.example", "s=1; Domain=x.pacs.klinik.example", "s=1; Domain=acs.klinik.example"),
        *("s=1; Domain=pacs.klinik.example; Domain=evil.example", "s=1; Domain", "s=1; Domain=", "s=1; Domain=."),
        *("s=1; Domain=pacs.klinik.example:8042", "s=1; XDomain=pacs.klinik.example", "Domain=pacs.klinik.example"),
        *(
            "s=pacs.klinik.example; Path=/domain=pacs.klinik.example",
            "s=1; SameSite=Strict; Secure; HttpOnly; Partitioned",
        ),
    ],
)
def test_every_other_cookie_stays_as_it_is(line: str) -> None:
    """What covers the gateway works; what covers neither of the two is refused by the browser, as it should be."""
    assert as_own(line, ARCHIVE, PUBLIC) == line


@pytest.mark.parametrize(
    ("origin", "domain", "goes"),
    [
        ("http://10.0.0.5:8042", "10.0.0.5", True),
        ("http://10.0.0.5:8042", "0.0.5", False),
        ("http://[2001:db8::1]:8042", "[2001:DB8::1]", True),
        ("http://archiv", "archiv", True),
        ("", OWN, False),
    ],
)
def test_an_address_has_no_parts(origin: str, domain: str, goes: bool) -> None:
    assert (as_own(f"s=1; Domain={domain}", origin, PUBLIC) == "s=1") is goes


def test_under_the_archives_own_name_nothing_changes() -> None:
    """Where the gateway took the archive's place in the name service, or stands under the same domain."""
    assert as_own(f"s=1; Domain={OWN}", ARCHIVE, f"https://{OWN}") == f"s=1; Domain={OWN}"
    line = "s=1; Domain=klinik.example"
    assert as_own(line, ARCHIVE, "https://gw.klinik.example:8443") == line


def test_each_cookie_keeps_its_line() -> None:
    cookies = [("Set-Cookie", "a=1; Path=/rs"), ("set-cookie", f"b=2; Domain={OWN}"), ("Set-Cookie", "a=3; Path=/rs")]
    left = response_lines(Fields(cookies), upstream_origin=ARCHIVE, public_base=PUBLIC, version="1.1")
    assert list(left)[:-1] == [cookies[0], ("set-cookie", "b=2"), cookies[2]]


_HOSTS = st.sampled_from(
    ("", ".", OWN, f".{OWN}", "klinik.example", "example", "praxis.example", "evil.example", "10.0.0.5", "::1")
)
_ATTRIBUTES = st.one_of(
    st.builds("{}{}={}{}".format, *(st.sampled_from(("", " ", "\t")), st.sampled_from(("Domain", "dOMAIN", " domain "))),
              _HOSTS, st.sampled_from(("", " ", "\t"))),
    st.sampled_from((" Path=/", " Secure", "SameSite=Lax", " Expires=Wed, 21 Oct 2032 07:28:00 GMT", "")),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=12),
)  # fmt: skip
_COOKIES = st.lists(_ATTRIBUTES, min_size=1, max_size=6).map(";".join)
_BASES = st.sampled_from(("", ARCHIVE, PUBLIC, "http://10.0.0.5", "https://gw.klinik.example", "http://[::1]:1"))


def is_domain(attribute: str) -> bool:
    return attribute.split("=", 1)[0].strip(" \t").lower() == "domain"


@given(_COOKIES, _BASES, _BASES)
def test_only_whole_domain_attributes_vanish(line: str, origin: str, base: str) -> None:
    mapped = as_own(line, origin, base)
    before, after = line.split(";"), mapped.split(";")
    assert after[0] == before[0]
    assert after in (before, [before[0], *(attribute for attribute in before[1:] if not is_domain(attribute))])
    assert as_own(mapped, origin, base) == mapped

"""What holds of the header sections that leave, whatever came in: names in any case, hostile names, any byte in a value."""

import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.fields import Fields
from gateway.core.headers import (
    FORWARDING,
    HOP_BY_HOP,
    OURS_TO_SAY,
    PROTECTED,
    RENAMED,
    SINGLE,
    end_to_end,
    is_looping,
    request_lines,
    response_lines,
)

Line = tuple[str, str]

ARCHIVE, PUBLIC, PEER = "http://pacs.internal:8042", "https://gw.example", "192.0.2.7"
WRITTEN_BY_US = {"host", "via", "forwarded", "x-forwarded-for"}
LEFT_TO_THE_WRITER = {"content-length", "expect", "transfer-encoding"}
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

KNOWN = sorted(
    HOP_BY_HOP | PROTECTED | FORWARDING | SINGLE | OURS_TO_SAY | RENAMED.keys() | {"accept", "warning", "x-a"}
)
VALUES = (
    "", "x", "close", "close, X-A, Accept", "x_real_ip, Set-Cookie, authorization, x-forwarded-for", "TE, host", "chunked",
    "5", "1.1 pacs-gateway", "1.0 fred, 1.1 proxy", "for=203.0.113.9;proto=http", "203.0.113.9", "max-age=31536000",
    f"{ARCHIVE}/x", "javascript:1", "//pacs.internal:8042", f"0; url={ARCHIVE}/x", f"<{ARCHIVE}/x>; rel=next",
    "a=1; Domain=pacs.internal; Path=/", "a\r\nSet-Cookie: b=1", "\x00", "M\xfcller^J\xf6rg",
)  # fmt: skip


def spelling(name: str, case: Callable[[str], str], separator: str) -> str:
    return case(name).replace("-", separator)


# A name that means something, in odd case, and now and then with another separator.
spelled = st.builds(
    spelling,
    st.sampled_from(KNOWN),
    st.sampled_from((str, str.upper, str.title, str.capitalize)),
    st.sampled_from("---_.~"),
)
latin = st.text(st.characters(max_codepoint=255), max_size=12)
names = (
    spelled
    | spelled
    | st.sampled_from(sorted(WRITTEN_BY_US | {"location", "set-cookie"}))
    | st.from_regex(TOKEN, fullmatch=True)
    | latin
)
values = st.sampled_from(VALUES) | st.sampled_from(VALUES) | latin
trust = st.booleans()


@st.composite
def sections(draw: st.DrawFn) -> list[Line]:
    """Lines, and often a `Connection` that asks to have some of them taken away."""
    lines = draw(st.lists(st.tuples(names, values), max_size=10))
    if lines and draw(st.booleans()):
        named = draw(st.lists(st.sampled_from([name for name, _ in lines]), min_size=1, max_size=4))
        lines.insert(draw(st.integers(0, len(lines))), ("Connection", draw(st.sampled_from((",", " , "))).join(named)))
    return lines


def as_request(lines: list[Line], *, trusted: bool = False) -> list[Line]:
    return request_lines(
        Fields(lines),
        host="pacs:8042",
        peer=PEER,
        scheme="https",
        public_host="gw.example",
        trusted=trusted,
        version="1.1",
    )


def as_answer(lines: list[Line], base: str = PUBLIC) -> list[Line]:
    return list(response_lines(Fields(lines), upstream_origin=ARCHIVE, public_base=base, version="1.1"))


def lowered(lines: list[Line]) -> list[str]:
    return [name.lower() for name, _ in lines]


def listed(lines: list[Line]) -> set[str]:
    """What the message asks us to take away, and we may."""
    named = [value.split(",") for name, value in lines if name.lower() == "connection"]
    return {name.strip().lower() for names in named for name in names} - PROTECTED


def assert_can_be_written(lines: list[Line]) -> None:
    for name, value in lines:
        assert TOKEN.fullmatch(name)
        assert not CONTROL.search(value)


def assert_in_order(left: list[Line], came: list[Line]) -> None:
    """Each line is one that came, letter for letter, and none has overtaken another."""
    place = 0
    for line in left:
        place = came.index(line, place) + 1


@given(sections(), trust)
def test_nothing_goes_up_that_ends_a_line_or_is_about_the_hop(came: list[Line], trusted: bool) -> None:
    sent = as_request(came, trusted=trusted)
    assert_can_be_written(sent)
    assert not set(lowered(sent)) & (HOP_BY_HOP | LEFT_TO_THE_WRITER)
    assert not set(lowered(sent)) & (listed(came) - WRITTEN_BY_US)


@given(st.sampled_from(sorted(FORWARDING | {"via"})), st.sampled_from(("a\r\nHost: b", "\x00", "a\x7f")), trust)
def test_not_even_by_way_of_a_field_that_is_added_to(name: str, value: str, trusted: bool) -> None:
    assert_can_be_written(as_request([(name, value), (name, "x")], trusted=trusted))
    assert_can_be_written(as_answer([(name, value), (name, "x")]))


@given(sections(), trust)
def test_what_we_say_of_ourselves_is_said_once(came: list[Line], trusted: bool) -> None:
    sent = as_request(came, trusted=trusted)
    assert sent[0] == ("Host", "pacs:8042")
    assert all(lowered(sent).count(name) == 1 for name in WRITTEN_BY_US)
    assert {"x-forwarded-host", "x-forwarded-proto"} <= set(lowered(sent))
    assert is_looping(Fields(sent))
    assert Fields(sent).get("Via").endswith("1.1 pacs-gateway")
    assert Fields(sent).get("X-Forwarded-For").endswith(PEER)
    assert Fields(sent).get("Forwarded").endswith(f"for={PEER};host=gw.example;proto=https")


@given(sections())
def test_a_stranger_says_nothing_about_forwarding_in_any_spelling(came: list[Line]) -> None:
    sent = as_request(came)
    assert sent[-4:] == [
        ("Forwarded", f"for={PEER};host=gw.example;proto=https"),
        ("X-Forwarded-For", PEER),
        ("X-Forwarded-Host", "gw.example"),
        ("X-Forwarded-Proto", "https"),
    ]
    assert not {re.sub("[^0-9a-z]", "-", name) for name in lowered(sent[:-4])} & FORWARDING


@given(sections(), st.sampled_from(sorted(FORWARDING)), st.sampled_from("_.~"))
def test_behind_a_proxy_of_ours_other_spellings_are_still_a_strangers(came: list[Line], name: str, mark: str) -> None:
    other = name.replace("-", mark)
    sent = as_request([*came, (other, "203.0.113.99")], trusted=True)
    assert other == name or "203.0.113.99" not in [value for _, value in sent]


@given(sections(), trust)
def test_what_passes_to_the_archive_passes_as_it_came(came: list[Line], trusted: bool) -> None:
    ours = FORWARDING | WRITTEN_BY_US
    passed = [line for line in as_request(came, trusted=trusted) if line[0].lower() not in ours]
    assert_in_order(passed, came)
    held_back = HOP_BY_HOP | LEFT_TO_THE_WRITER | ours | listed(came)
    plain = [line for line in came if re.fullmatch("[0-9A-Za-z-]+", line[0]) and not CONTROL.search(line[1])]
    assert [line for line in plain if line[0].lower() not in held_back] == [line for line in passed if line in plain]


@given(sections(), trust)
def test_a_second_gateway_takes_nothing_more_away(came: list[Line], trusted: bool) -> None:
    """But for what each of the two says anew."""
    once = as_request(came, trusted=trusted)
    twice = as_request(once, trusted=True)
    ours = WRITTEN_BY_US | {"x-forwarded-host", "x-forwarded-proto"}
    assert [line for line in twice if line[0].lower() not in ours] == [
        line for line in once if line[0].lower() not in ours
    ]
    assert Fields(twice).get("X-Forwarded-For") == f"{Fields(once).get('X-Forwarded-For')}, {PEER}"


@given(sections())
def test_end_to_end_lines_are_so_already(came: list[Line]) -> None:
    lines = end_to_end(Fields(came))
    assert end_to_end(Fields(lines)) == lines


@given(sections())
def test_nothing_leaves_that_ends_a_line_or_is_about_the_hop(came: list[Line]) -> None:
    left = as_answer(came)
    assert_can_be_written(left)
    assert not set(lowered(left)) & (HOP_BY_HOP | listed(came) | OURS_TO_SAY - {"via"}) - {"via"}
    assert lowered(left).count("via") == 1
    assert left[-1][0] == "Via"
    assert left[-1][1].endswith("1.1 pacs-gateway")


@given(sections())
def test_what_is_said_once_is_said_as_it_was_first(came: list[Line]) -> None:
    left = as_answer(came)
    crossing = Fields(end_to_end(Fields(came)))
    for name in SINGLE:
        assert lowered(left).count(name) <= 1
        if name not in RENAMED:
            assert Fields(left).get(name) == crossing.get(name)


@given(sections())
def test_what_leaves_leaves_as_it_came(came: list[Line]) -> None:
    ours = SINGLE | RENAMED.keys() | OURS_TO_SAY
    left = [line for line in as_answer(came) if line[0].lower() not in ours]
    assert left == [line for line in end_to_end(Fields(came)) if line[0].lower() not in ours]
    assert_in_order(left, came)


@given(sections())
def test_no_cookie_is_lost_joined_or_moved(came: list[Line]) -> None:
    came_cookies = [value for name, value in end_to_end(Fields(came)) if name.lower() == "set-cookie"]
    left_cookies = Fields(as_answer(came)).all("Set-Cookie")
    assert [cookie.split(";")[0] for cookie in left_cookies] == [cookie.split(";")[0] for cookie in came_cookies]


@given(sections(), st.sampled_from((PUBLIC, "http://gw.example:8080", "")))
def test_an_answer_that_left_leaves_again_unchanged(came: list[Line], base: str) -> None:
    once = as_answer(came, base)
    assert as_answer(once, base)[:-1] == once[:-1]


@given(
    st.sampled_from(("/", "/rs/studies/1?a=b#c", "//evil.example", "/\\evil.example", "", "?x")),
    st.sampled_from(("", PUBLIC)),
)
def test_no_client_is_sent_to_the_archive_or_anywhere_else_instead(path: str, base: str) -> None:
    address = f"{ARCHIVE}{path}"
    came = [
        ("Location", address),
        ("Content-Location", address),
        ("Link", f"<{address}>"),
        ("Refresh", f"0;url={address}"),
    ]
    for _, value in as_answer(came, base)[:-1]:
        assert "pacs.internal" not in value
        assert not re.search(r"(^|[<=])[/\\]{2}", value)

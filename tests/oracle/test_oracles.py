"""Every case of odd bytes through the gateway, HAProxy and nginx: two proxies that have met more of them than any of us.

Compared is what cannot be a matter of taste: which requests reach the archive and with which target and content, and which
answers reach the client whole, with which content and class of code. Each difference has its reason in `differences`.
"""

import asyncio
from pathlib import Path

import pytest

from tests.oracle.differences import ANSWERS, REQUESTS, Differences, listed
from tests.oracle.hearing import Delivered, Request, answered_through, asked_through
from tests.oracle.proxies import Oracle
from tests.wire.case import Case, cases

Heard = list[Request] | Delivered | None


@pytest.mark.parametrize("case", cases("client"), ids=lambda case: case.id)
async def test_the_archive_gets_what_it_gets_through_others(
    case: Case, haproxy: Oracle, nginx: Oracle, tmp_path: Path
) -> None:
    ours, theirs, others = await asyncio.gather(
        *(asked_through(proxy, case, tmp_path) for proxy in (None, haproxy, nginx))
    )
    assert between(ours, theirs, others) == listed(REQUESTS, case.id), (ours, theirs, others)


@pytest.mark.parametrize("case", cases("upstream"), ids=lambda case: case.id)
async def test_the_client_gets_what_it_gets_through_others(
    case: Case, haproxy: Oracle, nginx: Oracle, tmp_path: Path
) -> None:
    ours, theirs, others = await asyncio.gather(
        *(answered_through(proxy, case, tmp_path) for proxy in (None, haproxy, nginx))
    )
    assert between(ours, theirs, others) == listed(ANSWERS, case.id), (ours, theirs, others)


@pytest.mark.parametrize(
    ("differences", "known"),
    [(REQUESTS, {case.id for case in cases("client")}), (ANSWERS, {case.id for case in cases("upstream")})],
    ids=["requests", "answers"],
)
def test_every_difference_is_of_a_case_that_is_there(differences: Differences, known: set[str]) -> None:
    assert {case for listed_cases in differences.values() for case in listed_cases} <= known


GOT, OTHER = [Request("GET", b"/studies", b"")], [Request("GET", b"/other", b"")]
SAID, SAID_ELSE = Delivered(200, b"hello"), Delivered(200, b"hel")


@pytest.mark.parametrize(
    ("gateway", "haproxy", "nginx", "differences"),
    [
        (GOT, GOT, GOT, set()),
        ([], [], GOT, set()),
        (GOT, [], GOT, {"looser than HAProxy"}),
        ([], GOT, GOT, {"stricter than both"}),
        (GOT, GOT, OTHER, {"otherwise than nginx"}),
        (GOT, GOT * 2, [], {"otherwise than HAProxy"}),
        (SAID, SAID_ELSE, SAID, {"otherwise than HAProxy"}),
        (SAID, None, SAID_ELSE, {"looser than HAProxy", "otherwise than nginx"}),
        (Delivered(404, None), Delivered(404, b"x"), Delivered(500, b"x"), {"otherwise than nginx"}),
        (None, SAID, SAID_ELSE, {"stricter than both"}),
    ],
)
def test_a_difference_is_seen(gateway: Heard, haproxy: Heard, nginx: Heard, differences: set[str]) -> None:
    assert between(gateway, haproxy, nginx) == differences


def between(gateway: Heard, haproxy: Heard, nginx: Heard) -> set[str]:
    """How the gateway differs; what only one of the two lets pass is no reproach."""
    found = set()
    if gateway and not haproxy:
        found.add("looser than HAProxy")
    if not gateway and haproxy and nginx:
        found.add("stricter than both")
    found |= {
        f"otherwise than {name}"
        for name, other in (("HAProxy", haproxy), ("nginx", nginx))
        if gateway and other and not is_same(gateway, other)
    }
    return found


def is_same(ours: Heard, theirs: Heard) -> bool:
    if isinstance(ours, Delivered) and isinstance(theirs, Delivered):
        return ours.code // 100 == theirs.code // 100 and ours.body in (None, theirs.body)
    return ours == theirs

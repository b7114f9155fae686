"""Which requests ask for a notification channel, and which answers open it. The tunnel is in tests/proxy/test_tunnel.py."""

import pytest

from gateway.core.conditions import OneOf, StatusIs
from gateway.core.decision import UNCHANGED, BodyPlan
from gateway.core.facts import RequestFacts, Response, classified
from gateway.core.fields import Fields
from gateway.core.policy import Documented, Mode, Policy
from gateway.core.websocket import accept_of, asks_for_channel, is_agreed, is_sound
from tests.core.making import NOON, STRICT, judged, replied, rule, said

# The pair of RFC 6455 1.3.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
OFFER = {
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}
AGREEMENT = {"Connection": "Upgrade", "Upgrade": "WebSocket", "Sec-WebSocket-Accept": ACCEPT}


def offering(
    *more: tuple[str, str], method: str = "GET", target: str = "/rs/ws/subscribers/AE", service: str = "dicomweb",
    **other: str | None,
) -> RequestFacts:  # fmt: skip
    """An offer with these lines more, and with others in the place of its own (None: left out; `_` is a hyphen)."""
    changed = {name.replace("_", "-"): value for name, value in other.items()}
    lines = {**OFFER, **changed}
    fields = Fields([*((name, value) for name, value in lines.items() if value is not None), *more])
    return RequestFacts(method, target, fields, classified(method, target, fields, service), public_base="http://gw")


def agreeing(*more: tuple[str, str], **other: str | None) -> Response:
    lines = {**AGREEMENT, **{name.replace("_", "-"): value for name, value in other.items()}}
    return said(101, *((name, value) for name, value in lines.items() if value is not None), *more)


def test_the_proof_is_that_of_the_standard() -> None:
    assert accept_of(KEY) == ACCEPT


@pytest.mark.parametrize(
    "target", ["/", "/ws/subscribers/AE", "/rs/subscribers/AE", "/notifications", "/r/channel?id=1"]
)
def test_the_channel_is_wherever_the_archive_has_put_it(target: str) -> None:
    """PS3.18 11.11.3: Content-Location names it."""
    request = offering(target=target)
    assert asks_for_channel(request)
    assert is_sound(request)
    assert judged(request, agreeing()).status == 101


@pytest.mark.parametrize(
    ("target", "service", "transaction"),
    [
        ("/rs/studies/1", "dicomweb", "studies.retrieve.dicom"),
        ("/rs/workitems/1", "dicomweb", "worklist.retrieve"),
        ("/?requestType=WADO&studyUID=1&seriesUID=1&objectUID=1", "dicomweb", "uri.retrieve-rendered"),
        ("/rs/ws/subscribers/AE", "wado-uri", "other"),
        ("/rs/ws/subscribers/AE", "opaque", "other"),
    ],
)
def test_no_other_resource_is_a_channel(target: str, service: str, transaction: str) -> None:
    request = offering(target=target, service=service)
    assert request.transaction.id == transaction
    assert not is_agreed(request, agreeing())
    assert (judged(request, agreeing()).status, judged(request, agreeing()).rule) == (503, "invalid-status")


UNSOUND = [
    offering(Connection="keep-alive"),
    offering(Connection=None),
    offering(("Upgrade", "h2c")),
    offering(Sec_WebSocket_Version="8"),
    offering(Sec_WebSocket_Version=None),
    offering(("Sec-WebSocket-Version", "13")),
    offering(Sec_WebSocket_Key=None),
    offering(Sec_WebSocket_Key="c2hvcnQ="),
    offering(Sec_WebSocket_Key=KEY[:-1]),
    offering(Sec_WebSocket_Key="!" + KEY[1:]),
    offering(("Sec-WebSocket-Key", KEY)),
]


@pytest.mark.parametrize("request_", UNSOUND)
def test_an_offer_that_is_not_in_order_opens_nothing(request_: RequestFacts) -> None:
    assert asks_for_channel(request_)
    assert not is_sound(request_)
    assert judged(request_, agreeing()).status == 503


def test_a_request_with_content_opens_nothing() -> None:
    request = offering()
    assert not is_sound(RequestFacts("GET", "/", request.fields, request.classification, has_content=True))


@pytest.mark.parametrize(
    "answer",
    [
        agreeing(Sec_WebSocket_Accept=None),
        agreeing(Sec_WebSocket_Accept=ACCEPT.lower()),
        agreeing(Sec_WebSocket_Accept=KEY),
        agreeing(("Sec-WebSocket-Accept", ACCEPT)),
        agreeing(Upgrade=None),
        agreeing(Upgrade="h2c"),
        agreeing(("Upgrade", "h2c")),
        agreeing(Connection=None),
        agreeing(Connection="keep-alive"),
        said(101),
    ],
)
@pytest.mark.parametrize("mode", Mode)
def test_an_answer_that_does_not_prove_itself_is_a_fault(answer: Response, mode: Mode) -> None:
    decision = judged(offering(), answer, Policy(mode=mode))
    assert (decision.status, decision.rule, decision.body) == (503, "invalid-status", BodyPlan.PROBLEM)


@pytest.mark.parametrize(
    "policy", [STRICT, Policy(mode=Mode.OBSERVE), Policy(documented=Documented(strict=True))], ids=str
)
def test_the_101_of_a_channel_stands(policy: Policy) -> None:
    """It is in no documented set: it is not an answer, but the end of HTTP on this connection."""
    decision = judged(offering(), agreeing(), policy)
    assert not policy.documented.allows(101)
    assert (decision.status, decision.rule, decision.body, decision.healthy) == (101, UNCHANGED, BodyPlan.EMPTY, True)


def test_the_reply_holds_the_handshake_and_nothing_of_the_hop() -> None:
    """`Connection` and `Upgrade` are written anew by whoever sends it. A `Connection` list cannot take the proof away."""
    answer = agreeing(("Sec-WebSocket-Protocol", "dicom"), Connection="Upgrade, Sec-WebSocket-Accept")
    assert list(replied(offering(), answer).fields) == [
        ("Sec-WebSocket-Accept", ACCEPT),
        ("Sec-WebSocket-Protocol", "dicom"),
        ("Via", "1.1 pacs-gateway"),
        ("Date", NOON.http_date),
    ]


def test_a_rule_can_refuse_a_channel_and_not_give_it_a_body() -> None:
    opening = OneOf("transaction", frozenset({"notification.open"}))
    refusing = Policy(rules=(rule("no-channels", opening, StatusIs(frozenset({101})), status=404),))
    assert (judged(offering(), agreeing(), refusing).status, judged(offering(), agreeing(), refusing).rule) == (
        404,
        "no-channels",
    )
    filling = Policy(rules=(rule("filled", opening, body=BodyPlan.PROBLEM),))
    assert (judged(offering(), agreeing(), filling).status, replied(offering(), agreeing(), filling).content) == (
        101,
        b"",
    )

"""An exchange, explained on the admin port: for a browser, for a program, and for who asks about another one."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from html import escape

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from gateway.admin.endpoints import admin_app
from gateway.admin.replies import ENDPOINTS
from gateway.core.conditions import BodyMatches, StatusIs
from gateway.core.facts import Outcome
from gateway.core.failures import Failure, FailureKind
from gateway.core.normalise import normalise
from gateway.core.policy import Policy
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.seen import Kept, Memory, Seen
from tests.admin.page import Page
from tests.admin.process import Process
from tests.core.making import SEARCH, rule, said
from tests.telemetry.records import record, settings

Client = TestClient[web.Request, web.Application]
Connect = Callable[[web.Application], Awaitable[Client]]
ID = "0b0e7c1e-6f0e-4a39-9d0c-0d4a6f5b1f7e"
HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9"}
EVIL = "<script>alert('\"&')</script>"
RULES = (
    replace(rule("late", StatusIs(frozenset({500})), BodyMatches(re.compile("brew")), status=503), why=EVIL),
    rule("other", StatusIs(frozenset({404})), status=410),
)


class Remembering(Process):
    """One with these rules."""

    def keeps(self, outcome: Outcome) -> "Remembering":
        policy = Policy(rules=RULES)
        decision = normalise(SEARCH, outcome, policy)
        kept = Memory().keep(Seen(SEARCH, outcome, decision, policy), closely=True)
        return self.adds(record(status=decision.status, received=decision.received, rule=decision.rule), kept)

    def adds(self, told: ExchangeRecord, kept: Kept | None) -> "Remembering":
        self.journal.add(told, kept)
        return self


@pytest.fixture
def process() -> Remembering:
    return Remembering(replace(settings(), policy=Policy(rules=RULES)))


@pytest.fixture
async def client(aiohttp_client: Connect, process: Remembering) -> Client:
    return await aiohttp_client(admin_app(process))


async def test_a_program_gets_json(client: Client, process: Remembering) -> None:
    process.keeps(said(500, ("Content-Type", "text/plain"), body=f"brew {EVIL}".encode()))
    reply = await client.get(f"/-/exchanges/{ID}")
    told = await reply.json()
    assert (reply.status, reply.content_type) == (200, "application/json")
    assert (told["exchange"]["id"], told["same"], told["explanation"]["rule"]) == (ID, True, "late")
    assert {"exchange", "same", "verdict", "explanation"} == told.keys()


async def test_a_browser_gets_a_page_that_can_be_read_without_script(client: Client, process: Remembering) -> None:
    process.keeps(said(500, ("Content-Type", "text/plain"), body=f"brew {EVIL}".encode()))
    reply = await client.get(f"/-/exchanges/{ID}", headers=HTML)
    text = await reply.text()
    page = Page(text)
    assert (reply.status, reply.content_type) == (200, "text/html")
    assert ID in text
    assert "script" not in page.tags
    assert not {link for link in page.links if not link.startswith(("/", "#"))}
    assert EVIL not in text
    assert escape(EVIL) in text, "the rule's own words, to be read and not to be run"
    assert [row[0].startswith("late") for row in page.rows("How the code came about")] == [True]


@pytest.mark.parametrize(
    "outcome",
    [
        said(200, ("Content-Type", "application/dicom+json"), body=b'[{"00080005": {"vr": "CS"}}]'),
        said(404),
        said(401),
        said(429, ("Retry-After", "5"), ("Connection", "close")),
        Failure(FailureKind.DNS_ERROR),
    ],
    ids=lambda outcome: str(outcome)[:30],
)
async def test_every_kind_of_exchange_has_a_page(client: Client, process: Remembering, outcome: Outcome) -> None:
    process.keeps(outcome)
    text = await (await client.get(f"/-/exchanges/{ID}", headers=HTML)).text()
    page = Page(text)
    assert "How the code came about" in text
    assert "Rules, in the order in which they decide" in text
    assert "The present policy decides the same." in text
    assert page.tags.count("h1") == 1


async def test_an_exchange_that_nobody_judged_has_a_page_too(client: Client, process: Remembering) -> None:
    process.adds(record(status=None, ended="client_gone"), None)
    text = await (await client.get(f"/-/exchanges/{ID}", headers=HTML)).text()
    assert "Nothing was judged" in text
    Page(text)


@pytest.mark.parametrize("id_", ["nobody", "%2e%2e%2fconfig", "%3Cscript%3E", ID])
async def test_an_unknown_id_is_told_what_is_remembered(client: Client, id_: str) -> None:
    reply = await client.get(f"/-/exchanges/{id_}", headers=HTML)
    told = await reply.json()
    assert reply.status == 404
    assert told["error"].startswith("No exchange with this id is known")
    assert "script" not in told["error"]
    assert "GET /-/exchanges/{id}" in told["endpoints"]


def test_the_endpoint_is_on_the_list() -> None:
    assert "GET /-/exchanges/{id}" in ENDPOINTS

"""GET /conformance: the statement of the configuration in force with the live counts, for browsers and for programs."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from gateway.admin.endpoints import admin_app
from gateway.core.policy import Mode
from tests.admin.process import Process
from tests.telemetry.records import record, settings

Client = TestClient[web.Request, web.Application]
Connect = Callable[[web.Application], Awaitable[Client]]

FOLDED = record(received=502, status=503, rule="fold")


@pytest.fixture
async def client(aiohttp_client: Connect) -> Client:
    return await aiohttp_client(admin_app(Process().saw(record(), record(), FOLDED)))


@pytest.mark.parametrize(
    ("accept", "media_type", "begins"),
    [
        ("", "text/html", "<!doctype html>"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html", "<!doctype html>"),
        ("*/*", "text/html", "<!doctype html>"),
        ("application/json", "application/json", "{"),
        ("text/markdown", "text/markdown", "# DICOM conformance statement"),
        ("text/plain", "text/plain", "# DICOM conformance statement"),
    ],
)
async def test_it_is_a_page_for_people_and_more_for_programs(
    client: Client, accept: str, media_type: str, begins: str
) -> None:
    reply = await client.get("/conformance", headers={"Accept": accept})
    assert (reply.status, reply.content_type) == (200, media_type)
    assert (await reply.text()).startswith(begins)


async def test_the_live_counts_are_joined(client: Client) -> None:
    told = await (await client.get("/conformance", headers={"Accept": "application/json"})).json()
    assert told["observed"]["seen"] == {"200": 2, "503": 1}
    assert told["observed"]["undeclared"] == {}
    assert 404 in told["observed"]["never_seen"]
    assert told["digest"] == "c0ffee"


async def test_the_letter_is_there_too(client: Client) -> None:
    text = await (await client.get("/conformance?scoreboard", headers={"Accept": "text/markdown"})).text()
    assert text.startswith("# How the archive's answers keep to DICOM PS3.18")
    assert "| Search (QIDO-RS) | 502 | 1 | no |" in text
    page = await (await client.get("/conformance?scoreboard")).text()
    assert '<a href="/conformance">' in page
    told = await (await client.get("/conformance?scoreboard", headers={"Accept": "application/json"})).json()
    assert told["answers"] == 3


async def test_the_pages_lead_to_each_other(client: Client) -> None:
    assert 'href="/conformance?scoreboard"' in await (await client.get("/conformance")).text()


async def test_observe_mode_stands_above_everything(aiohttp_client: Connect) -> None:
    process = Process(settings(mode=Mode.OBSERVE)).saw(record(received=502, status=502))
    page = await (await (await aiohttp_client(admin_app(process))).get("/conformance")).text()
    assert page.index("NOTHING OF THIS IS IN FORCE") < page.index("Table N.7-88")
    assert "CODES WERE SENT THAT ARE NOT DECLARED" in page

"""What httplint says of every answer of the admin port: the client of these tests asks it, and fails where it finds fault."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from gateway.admin.endpoints import admin_app
from gateway.proxy.aiohttp_seam import OperatorRunner
from gateway.reload import ReloadResult
from tests.admin.process import Process
from tests.support.client import ask, request
from tests.telemetry.records import record

PAGES = ("/", "/metrics", "/-/healthy", "/-/ready", "/-/config", "/-/exchanges", "/-/exchanges?limit=1", "/nowhere")


@pytest.fixture
def process() -> Process:
    return Process().saw(record(status=401, received=302, rule="portal-login"))


@pytest.fixture
async def port(process: Process) -> AsyncIterator[int]:
    runner = OperatorRunner(admin_app(process), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("page", PAGES)
async def test_every_page_is_good_http(port: int, method: str, page: str) -> None:
    reply = await ask(port, request(method, page))
    assert reply.status == (404 if page == "/nowhere" else 200)
    assert reply.complete


async def test_a_process_that_leaves_says_so_in_good_http(port: int, process: Process) -> None:
    process.ready = False
    assert (await ask(port, request("GET", "/-/ready"))).status == 503


async def test_a_reload_is_good_http_however_it_ends(port: int, process: Process) -> None:
    assert (await ask(port, request("POST", "/-/reload"))).status == 200
    process.result = ReloadResult(False, "c0ffee", ("gateway.yaml:1:1: wrong",))
    assert (await ask(port, request("POST", "/-/reload"))).status == 422
    process.result = RuntimeError("a bug")
    assert (await ask(port, request("POST", "/-/reload"))).status == 500


@pytest.mark.parametrize(("method", "page", "status"), [("GET", "/-/reload", 405), ("POST", "/metrics", 405)])
async def test_a_method_that_is_not_there_is_refused_in_good_http(
    port: int, method: str, page: str, status: int
) -> None:
    reply = await ask(port, request(method, page))
    assert (reply.status, method in reply.value("Allow")) == (status, False)

"""The admin port over HTTP."""

import json
import re
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestClient

from gateway.admin.control import AdminControl
from gateway.admin.endpoints import admin_app
from gateway.proxy.aiohttp_seam import OperatorRunner
from gateway.reload import ReloadResult
from tests.admin.process import Process
from tests.support.client import ask
from tests.support.logs import captured_logs
from tests.telemetry.records import record, settings

Client = TestClient[web.Request, web.Application]
Connect = Callable[[web.Application], Awaitable[Client]]

GETTABLE = ["/", "/metrics", "/-/healthy", "/-/ready", "/-/config", "/-/exchanges", "/-/would-rewrite", "/conformance"]


@pytest.fixture
def process() -> Process:
    return Process()


@pytest.fixture
async def client(aiohttp_client: Connect, process: Process) -> Client:
    control: AdminControl = process
    return await aiohttp_client(admin_app(control))


@pytest.mark.parametrize("path", [*GETTABLE, "/-/reload", "/nowhere"])
async def test_every_reply_keeps_out_of_caches_and_frames(client: Client, path: str) -> None:
    reply = await client.get(path)
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
    assert reply.headers["Server"] == "pacs-gateway"  # no versions of libraries


@pytest.mark.parametrize("path", GETTABLE)
async def test_head_works_where_get_does(client: Client, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert (head.status, head.headers["Content-Type"]) == (got.status, got.headers["Content-Type"])
    assert await head.read() == b""


async def test_metrics_are_served_in_the_type_that_prometheus_reads(client: Client, process: Process) -> None:
    process.saw(record(status=401, received=302, rule="portal-login"))
    reply = await client.get("/metrics")
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    [line] = [
        line
        for line in (await reply.text()).splitlines()
        if line.startswith("pacs_gateway_responses") and "302" in line
    ]
    assert 'code="401"' in line
    assert line.endswith("} 1.0")


async def test_healthy_follows_the_process_and_ready_the_traffic(client: Client, process: Process) -> None:
    assert (await client.get("/-/ready")).status == 200
    process.ready = False
    drained = await client.get("/-/ready")
    assert (drained.status, drained.headers["Retry-After"]) == (503, "5")
    assert (await client.get("/-/healthy")).status == 200


async def test_ready_does_not_follow_the_archive(client: Client, process: Process) -> None:
    """With its archive down, the gateway must stay in the balancer: it is the one that can say 503."""
    process.saw(*[record(status=503, received=None, failure="connection_refused")] * 100)
    assert (await client.get("/-/ready")).status == 200


async def test_a_reload_tells_which_configuration_is_in_force(client: Client, process: Process) -> None:
    process.result = ReloadResult(
        True,
        "beef",
        notes=("server.port changed and takes effect at the next start",),
        changes=("server.port: 8080 -> 8081", "mode: enforce -> observe"),
    )
    reply = await client.post("/-/reload")
    assert reply.status == 200
    assert await reply.json() == {
        "result": "reloaded",
        "hash": "beef",
        "findings": [],
        "notes": ["server.port changed and takes effect at the next start"],
        "changes": ["server.port: 8080 -> 8081", "mode: enforce -> observe"],
    }
    text = await client.post("/-/reload", headers={"Accept": "text/plain"})
    assert (await text.text()).splitlines() == [
        "reloaded; in force: beef",
        "server.port: 8080 -> 8081",
        "mode: enforce -> observe",
        "server.port changed and takes effect at the next start",
    ]


async def test_a_refused_reload_lists_every_finding_as_json_or_text(client: Client, process: Process) -> None:
    findings = (
        "gateway.yaml:3:1: rulez: unknown key (did you mean rules?)",
        "gateway.yaml:9:5: status: 599 is undocumented",
    )
    process.result = ReloadResult(False, "c0ffee", findings)
    reply = await client.post("/-/reload")
    assert reply.status == 422
    assert await reply.json() == {
        "result": "refused",
        "hash": "c0ffee",
        "changes": [],
        "findings": list(findings),
        "notes": [],
    }
    text = await client.post("/-/reload", headers={"Accept": "text/plain"})
    assert text.status == 422
    assert await text.text() == "\n".join(["refused; in force: c0ffee", *findings, ""])


async def test_reload_is_not_for_get(client: Client, process: Process) -> None:
    """A link, a prefetch or a crawler must not reload the gateway."""
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        reply = await client.request(method, "/-/reload")
        assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    assert process.reloads == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_page_of_another_site_cannot_reload(client: Client, process: Process, headers: dict[str, str]) -> None:
    reply = await client.post("/-/reload", headers=headers)
    assert reply.status == 403
    assert process.reloads == 0


async def test_a_page_of_this_port_and_a_tool_can_reload(client: Client, process: Process) -> None:
    own = str(client.make_url("/")).rstrip("/")
    for headers in ({"Origin": own, "Sec-Fetch-Site": "same-origin"}, {}):
        assert (await client.post("/-/reload", headers=headers)).status == 200
    assert process.reloads == 2


async def test_the_configuration_is_yaml_or_json(aiohttp_client: Connect) -> None:
    effective = MappingProxyType(
        {
            "version": 1,
            "trusted_proxies": (ip_network("10.0.0.0/8"),),
            "ca_file": Path("/run/ca.crt"),
            "codes": frozenset({503, 200}),
            "password": "<secret>",
            "verify": True,
            "host": None,
            "why": "Für Station „Süd“",
        }
    )
    plain = {
        "version": 1,
        "trusted_proxies": ["10.0.0.0/8"],
        "ca_file": "/run/ca.crt",
        "codes": [200, 503],
        "password": "<secret>",
        "verify": True,
        "host": None,
        "why": "Für Station „Süd“",
    }
    client = await aiohttp_client(admin_app(Process(settings(effective=effective))))
    as_yaml = await client.get("/-/config")
    assert as_yaml.content_type == "text/plain"  # a browser shows it instead of saving it
    assert yaml.safe_load(await as_yaml.text()) == plain
    as_json = await client.get("/-/config", headers={"Accept": "application/json"})
    assert as_json.content_type == "application/json"
    assert await as_json.json() == plain


async def test_the_last_exchanges_come_newest_first(client: Client, process: Process) -> None:
    process.saw(*(record(id=str(number), started=float(number)) for number in range(60)))
    process.saw(
        record(id="failed", started=30.5, status=503, received=None, rule="failure", why="The archive refused.")
    )
    first = (await (await client.get("/-/exchanges")).json())["exchanges"]
    assert [told["id"] for told in first[:2]] == ["59", "58"]
    assert len(first) == 50
    three = (await (await client.get("/-/exchanges?limit=3")).json())["exchanges"]
    assert [told["id"] for told in three] == ["59", "58", "57"]
    everything = (await (await client.get("/-/exchanges?limit=999999")).json())["exchanges"]
    [failed] = [told for told in everything if told["id"] == "failed"]
    assert (failed["received"], failed["status"], failed["why"]) == (None, 503, "The archive refused.")


@pytest.mark.parametrize("limit", ["0", "-1", "", "ten", "1.5", "٣", "1e9", "9" * 5000])
async def test_a_limit_that_is_none_is_refused(client: Client, limit: str) -> None:
    reply = await client.get("/-/exchanges", params={"limit": limit})
    assert reply.status == 400
    assert "limit" in (await reply.json())["error"]


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_a_report_is_a_page_for_browsers_and_json_for_programs(client: Client) -> None:
    for headers, kind in (
        (BROWSER, "text/html"),
        ({"Accept": "application/json"}, "application/json"),
        ({}, "application/json"),
    ):
        assert (await client.get("/-/would-rewrite", headers=headers)).content_type == kind


async def test_the_status_page_updates_itself_unless_told_not_to(client: Client) -> None:
    assert (await client.get("/")).headers["Refresh"] == "10"
    assert (await client.get("/?refresh=60")).headers["Refresh"] == "60"
    assert "Refresh" not in (await client.get("/?refresh=off")).headers
    refused = await client.get("/?refresh=never")
    assert (refused.status, "refresh is off" in await refused.text()) == (400, True)


async def test_an_unknown_path_names_what_exists(client: Client) -> None:
    reply = await client.get("/studies")
    assert reply.status == 404
    told: dict[str, Any] = await reply.json()
    assert "/studies" not in json.dumps(told)
    assert {"GET /metrics", "POST /-/reload", "GET /-/ready"} <= told["endpoints"].keys()


async def test_every_listed_endpoint_exists(client: Client, process: Process) -> None:
    process.saw(record(id="known"))
    listed = (await (await client.get("/nowhere")).json())["endpoints"]
    for endpoint in listed:
        method, path = endpoint.split()
        assert (await client.request(method, path.format(id="known"))).status == 200


async def test_an_error_of_ours_is_told_by_its_class(client: Client, process: Process) -> None:
    process.result = ValueError("GET /studies?PatientName=DOE^JOHN")
    with captured_logs() as stream:
        reply = await client.post("/-/reload")
    text = await reply.text()
    assert reply.status == 500
    assert "ValueError" in text
    assert "ValueError at " in stream.getvalue()
    assert "DOE" not in text + stream.getvalue()


UNREADABLE = [
    b"GET /studies?PatientName=DOE JOHN HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /studies HTTP/1.1\r\nHost: h\r\nDOE JOHN: x\r\n\r\n",
    b"GET /" + b"DOE" * 5000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfcDOE^JOHN",  # TLS, by mistake
    b"POST /-/reload HTTP/1.1\r\nHost: h\r\nContent-Length: DOE\r\n\r\n",
    b"CONNECT doe.john:1 HTTP/1.1\r\nHost: doe.john:1\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: h\r\nExpect: DOE^JOHN\r\n\r\n",
]


@pytest.mark.parametrize("asked", UNREADABLE)
async def test_what_is_no_request_is_not_repeated_in_page_or_log(asked: bytes) -> None:
    """A viewer with the wrong port, a scanner: aiohttp's own page and log line would quote them."""
    runner = OperatorRunner(admin_app(Process()), access_log=None)
    await runner.setup()
    with captured_logs() as stream:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            reply = await ask(runner.addresses[0][1], asked)
        finally:
            await runner.cleanup()
    assert reply.status is not None
    assert reply.status >= 400
    assert reply.value("Server") == "pacs-gateway"
    assert not re.search(b"doe|john", reply.head + reply.body, re.IGNORECASE)
    assert not re.search("doe|john", stream.getvalue(), re.IGNORECASE)

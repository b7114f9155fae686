"""Redirects that the gateway follows in the client's place (Table N.7-89, RFC 9110 15.4): how, and how far."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.server import GatewayProcess
from tests.support.client import ask, request
from tests.support.running import BYTES, SHORT, running, with_archive
from tests.support.stage import records
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

TARGET = "/studies/1/series/2/instances/3"
FOUND = Said(answer(200, b"the object", ("Content-Type", "application/dicom")), "keep")
CODES = (301, 302, 303, 307, 308)
ALL = ", ".join(f"{code}: follow" for code in CODES)


def moved(address: str, status: int = 301, *fields: tuple[str, str]) -> Said:
    return Said(answer(status, b"moved", ("Location", address), *fields), "keep")


def following(folder: Path, archive: str, follow: str = "", base: str = BYTES, more: str = "") -> GatewayProcess:
    return running(folder, archive, more, with_archive(f"on_status: {{{ALL}}}, follow: {{{follow}}}", base))


def first_moved(said: Said) -> Callable[[ReceivedRequest, int], Said]:
    """A redirect, and what it leads to."""
    return lambda _received, number: FOUND if number else said


@asynccontextmanager
async def two_archives(
    folder: Path, elsewhere: Said = FOUND, more: str = ""
) -> AsyncIterator[tuple[ScriptedUpstream, ScriptedUpstream, GatewayProcess]]:
    """The archive, which sends everybody on to `/there` of a second one, and the gateway that may go there."""
    async with (
        ScriptedUpstream(lambda _received, _number: elsewhere) as other,
        ScriptedUpstream(lambda _received, _number: moved(f"{other.url}/there?sig=%2F+a")) as archive,
        following(folder, archive.url, f'hosts: ["{other.url}"]', with_archive(more, BYTES)) as gateway,
    ):
        yield archive, other, gateway


@pytest.mark.parametrize("status", CODES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_client_gets_what_the_redirect_leads_to(method: str, status: int, tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(first_moved(moved("/there/%C3%A4?a=%5E&b", status))) as archive,
        following(tmp_path, archive.url) as gateway,
    ):
        reply = await ask(gateway.port, request(method, TARGET))
        assert (reply.status, reply.complete) == (200, True)
        assert reply.body == (b"the object" if method == "GET" else b"")
        asked = [(received.method, received.target) for received in archive.requests]
        assert asked == [(method, TARGET.encode()), (method, b"/there/%C3%A4?a=%5E&b")]
        [told] = await records(gateway, 1)
        assert (told.received, told.status, told.attempts, told.transaction) == (200, 200, 2, "other")


async def test_the_request_that_follows_is_the_same_in_every_field(tmp_path: Path) -> None:
    fields = (
        ("Authorization", "Bearer x"),
        ("Cookie", "s=1"),
        ("Accept", "application/dicom"),
        ("Range", "bytes=0-3"),
        ("If-Range", '"v1"'),
        ("X-Vendor", "kept"),
    )
    async with (
        ScriptedUpstream(first_moved(moved("/there"))) as archive,
        following(tmp_path, archive.url) as gateway,
    ):
        await ask(gateway.port, request("GET", TARGET, *fields))
        first, second = (received.head.split(b"\r\n", 1)[1] for received in archive.requests)
        assert first == second
        assert all(f"{name}: {value}\r\n".encode() in second for name, value in fields)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_what_is_no_read_is_never_followed(method: str, tmp_path: Path) -> None:
    body = b"x" if method in ("POST", "PUT") else b""
    async with (
        ScriptedUpstream(first_moved(moved("/there"))) as archive,
        following(tmp_path, archive.url) as gateway,
    ):
        reply = await ask(gateway.port, request(method, TARGET, body=body))
        assert (reply.status, len(archive.requests)) == (301, 1)


async def test_content_that_has_gone_out_cannot_follow(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(first_moved(moved("/there"))) as archive,
        following(tmp_path, archive.url) as gateway,
    ):
        assert (await ask(gateway.port, request("GET", TARGET, body=b"query"))).status == 301
        assert len(archive.requests) == 1


async def test_a_code_that_is_not_listed_passes(tmp_path: Path) -> None:
    base = with_archive("on_status: {303: follow, 503: pass}", BYTES)
    async with (
        ScriptedUpstream(lambda _received, number: moved("/there") if number else Said(answer(503))) as archive,
        running(tmp_path, archive.url, base=base) as gateway,
    ):
        assert [(await ask(gateway.port, request("GET", TARGET))).status for _ in range(2)] == [503, 301]
        assert len(archive.requests) == 2


async def test_a_circle_ends_with_the_last_redirect(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda received, _number: moved(received.target.decode())) as archive,
        following(tmp_path, archive.url, "hops: 4") as gateway,
    ):
        reply = await ask(gateway.port, request("GET", TARGET))
        assert (reply.status, reply.value("Location")) == (301, f"http://gw.example{TARGET}")
        assert len(archive.requests) == 5
        [told] = await records(gateway, 1)
        assert (told.received, told.attempts) == (301, 5)


async def test_addresses_mean_to_the_client_what_they_mean_where_they_were_said(tmp_path: Path) -> None:
    """A relative address is relative to what was asked last, and the client asked for something else."""

    def script(_received: ReceivedRequest, number: int) -> Said:
        return moved("/a/b/c") if number == 0 else moved("d", 303, ("Content-Location", "../e"))

    async with (
        ScriptedUpstream(script) as archive,
        following(tmp_path, archive.url, "hops: 1") as gateway,
    ):
        reply = await ask(gateway.port, request("GET", TARGET))
        assert (reply.value("Location"), reply.value("Content-Location")) == (
            "http://gw.example/a/b/d",
            "http://gw.example/a/e",
        )


async def test_the_verdict_is_on_the_last_answer_and_the_first_request(tmp_path: Path) -> None:
    """A search that is sent on to a login page has found nothing, whatever the page's address looks like."""
    page = Said(answer(200, b"<!DOCTYPE html><html>Log in</html>", ("Content-Type", "text/html")), "keep")
    async with (
        ScriptedUpstream(lambda _received, number: page if number else moved("/login/studies/1")) as archive,
        following(tmp_path, archive.url, base=SHORT) as gateway,
    ):
        reply = await ask(gateway.port, request("GET", "/studies?PatientID=1"))
        assert reply.status != 200
        [told] = await records(gateway, 1)
        assert (told.transaction, told.received, told.rule) == ("studies.search", 200, "unexpected-page")


async def test_a_listed_host_gets_the_request_and_no_secret(tmp_path: Path) -> None:
    secrets = ("Authorization", "Cookie", "X-Auth-Token", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Referer")
    kept = (("Accept", "application/dicom"), ("Range", "bytes=0-3"), ("If-Range", '"v1"'), ("User-Agent", "viewer"))
    async with two_archives(tmp_path) as (archive, other, gateway):
        reply = await ask(gateway.port, request("GET", TARGET, *kept, *((name, "secret") for name in secrets)))
        assert (reply.status, reply.body) == (200, b"the object")
        [received] = other.requests
        assert received.line == b"GET /there?sig=%2F+a HTTP/1.1"
        assert received.values("Host") == [other.authority]
        assert [received.values(name) for name in secrets] == [[]] * len(secrets)
        assert [received.values(name) for name, _ in kept] == [[value.encode()] for _, value in kept]
        assert archive.requests[0].values("Authorization") == [b"secret"]


async def test_what_another_host_says_stays_its_own(tmp_path: Path) -> None:
    """Its cookies would come back to the archive, and its addresses are not the archive's."""
    said = Said(answer(404, b"", ("Set-Cookie", "bucket=1"), ("Content-Location", "/here")), "keep")
    async with two_archives(tmp_path, said) as (_archive, other, gateway):
        reply = await ask(gateway.port, request("GET", TARGET))
        assert (reply.status, reply.values("Set-Cookie")) == (404, [])
        assert reply.value("Content-Location") == f"{other.url}/here"


async def test_a_host_that_fails_says_nothing_of_the_archive(tmp_path: Path) -> None:
    failing = Said(answer(503, b"slow down"), "keep")
    async with two_archives(tmp_path, failing, "breaker: {failures: 1}") as (archive, other, gateway):
        assert [(await ask(gateway.port, request("GET", TARGET))).status for _ in range(3)] == [503] * 3
        assert (len(archive.requests), len(other.requests)) == (3, 3)


async def test_connections_elsewhere_end_with_their_generation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with two_archives(tmp_path) as (archive, other, gateway):
        monkeypatch.setenv("UPSTREAM", archive.url)
        assert (await ask(gateway.port, request("GET", TARGET))).status == 200
        assert (await gateway.reloader.reload()).ok
        await other.has_ended(1)


SECRET_PLACES = [
    "http://127.0.0.1:{other}/latest/meta-data/",
    "http://localhost:{other}/",
    "http://127.1:{other}/",
    "http://[::ffff:127.0.0.1]:{other}/",
    "http://2130706433:{other}/",
    "//127.0.0.1:{other}/",
    "\\\\127.0.0.1:{other}/",
    "http://127.0.0.1:{archive}@127.0.0.1:{other}/",
    "http://user:password@127.0.0.1:{archive}/",
    "http://127.0.0.1:{archive}\t@127.0.0.1:{other}/",
    "https://127.0.0.1:{archive}/",
    "HTTP:\\\\127.0.0.1:{other}\\",
    "http:///127.0.0.1:{other}/",
    "javascript:fetch('http://127.0.0.1:{other}/')",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{other}/",
    "http://169.254.169.254/latest/meta-data/",
]


@pytest.mark.parametrize("address", SECRET_PLACES)
async def test_a_redirect_opens_no_door_that_is_not_listed(address: str, tmp_path: Path) -> None:
    """What an archive writes, or somebody has written into it, must not make the gateway ask other servers of the house."""
    touched = asyncio.Event()

    async def listening(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        touched.set()
        writer.close()

    other = await asyncio.start_server(listening, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    async with other, ScriptedUpstream(lambda _received, _number: said) as archive:
        said = moved(address.format(other=port, archive=archive.port))
        listed = 'hosts: ["https://store.example"]'
        async with following(tmp_path, archive.url, listed, SHORT) as gateway:
            reply = await ask(gateway.port, request("GET", TARGET))
            # What no browser could follow either is no redirect at all.
            assert reply.status == (301 if address.lower().startswith(("http", "/", "\\")) else 503)
            assert not touched.is_set()
            assert len(archive.requests) == 1

"""Scripts in a browser: what each answer tells it, through sockets. A script must see a 503 and not "network error"."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.config.scalars import web_origin
from gateway.server import GatewayProcess
from tests.support.client import Connection, Reply, ask, request
from tests.support.running import SHORT, running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

VIEWER, STRANGER = "https://viewer.example.org", "https://evil.example"
FROM_VIEWER = ("Origin", VIEWER)
CORS = f"cors: {{origins: ['{VIEWER}']}}\n"
THREE_SERVICES = SHORT.replace(
    "routes: [{id: dicomweb, prefix: /, upstream: pacs}]",
    "routes: [{id: rs, prefix: /rs, upstream: pacs}, {id: uri, prefix: /wado, upstream: pacs, service: wado-uri},"
    " {id: raw, prefix: /raw, upstream: pacs, service: opaque}]",
)
DICOM = ("Content-Type", 'multipart/related; type="application/dicom"; boundary=B')
PARTS = b"--B\r\nContent-Type: application/dicom\r\n\r\n" + b"\0" * 128 + b"DICM\r\n--B--\r\n"
JSON = ("Content-Type", "application/dicom+json")

# What the archive says, by the path it is asked for.
ANSWERS = {
    b"/rs/studies": Said(answer(200, b'[{"0020000D":{"vr":"UI","Value":["1.2"]}}]', JSON), "keep"),
    b"/rs/studies/1": Said(answer(200, PARTS, DICOM), "keep"),
    b"/rs/studies/2": Said(answer(206, PARTS, DICOM), "keep"),
    b"/rs/studies/3": Said(answer(304, b"", ("ETag", '"v1"')), "keep"),
    b"/rs/studies/4": Said(answer(404, b"no such study", ("Content-Type", "text/plain")), "keep"),
    b"/rs/studies/5": Said(answer(401, b"", ("WWW-Authenticate", 'Basic realm="PACS"')), "keep"),
    b"/rs/studies/6": Said(answer(502, b"bad gateway"), "keep"),
    b"/rs/studies/7": Said(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: " + DICOM[1].encode() + b"\r\n\r\n"
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(PARTS), PARTS), "keep",
    ),
    b"/rs/studies/8": Said(b"", "rst"),
    b"/raw/page": Said(answer(200, b"<p>hello</p>", ("Content-Type", "text/html"), ("Vary", "Accept")), "keep"),
    b"/wado": Said(answer(200, b"\xff\xd8\xff\xe0", ("Content-Type", "image/jpeg")), "keep"),
}  # fmt: skip


@pytest.fixture
async def archive() -> AsyncIterator[ScriptedUpstream]:
    def script(received: ReceivedRequest, _number: int) -> Said:
        return ANSWERS[received.target.partition(b"?")[0]]

    async with ScriptedUpstream(script) as archive:
        yield archive


def gets(target: str, *more: tuple[str, str]) -> Callable[..., bytes]:
    return lambda *fields: request("GET", target, *more, *fields)


# By a name: the request without its Origin, and the status it is answered with.
EXCHANGES: dict[str, tuple[Callable[..., bytes], int]] = {
    "result": (gets("/rs/studies"), 200),
    "study": (gets("/rs/studies/1"), 200),
    "streamed": (gets("/rs/studies/7"), 200),
    "partial": (gets("/rs/studies/2"), 206),
    "not modified": (gets("/rs/studies/3", ("If-None-Match", '"v1"')), 304),
    "not found": (gets("/rs/studies/4"), 404),
    "login": (gets("/rs/studies/5"), 401),
    "folded": (gets("/rs/studies/6"), 503),
    "broken": (gets("/rs/studies/8"), 503),
    "opaque": (gets("/raw/page"), 200),
    "wado-uri": (gets("/wado?requestType=WADO&studyUID=1&seriesUID=2&objectUID=3"), 200),
    "head": (lambda *fields: request("HEAD", "/rs/studies/1", *fields), 200),
    "no route": (gets("/elsewhere"), 404),
    "no host": (lambda *fields: request("GET", "/rs/studies", *fields, host=""), 400),
    "method": (lambda *fields: request("TRACE", "/rs/studies", *fields), 405),
    "length": (
        lambda *fields: request("POST", "/rs/studies", DICOM, *fields).replace(
            b": 0\r\n", b": 9999999999999999999\r\n"
        ),
        413,
    ),
}


@pytest.fixture
async def gateway(tmp_path: Path, archive: ScriptedUpstream) -> AsyncIterator[GatewayProcess]:
    async with running(tmp_path, archive.url, CORS, THREE_SERVICES) as gateway:
        yield gateway


@pytest.mark.parametrize("name", EXCHANGES)
async def test_whatever_the_answer_a_listed_origin_may_see_it_and_no_other(name: str, gateway: GatewayProcess) -> None:
    asks, status = EXCHANGES[name]
    listed, stranger, nobody = [
        await ask(gateway.port, asks(*fields)) for fields in ([FROM_VIEWER], [("Origin", STRANGER)], [])
    ]
    assert [reply.status for reply in (listed, stranger, nobody)] == [status] * 3
    assert listed.values("Access-Control-Allow-Origin") == [VIEWER]
    exposed = listed.value("Access-Control-Expose-Headers").split(", ")
    assert {"Retry-After", "Warning", "Content-Location", "Proxy-Status", "WWW-Authenticate"} <= set(exposed)
    assert b"access-control" not in stranger.head.lower()
    assert nobody.values("Access-Control-Allow-Origin") == [VIEWER], "the only one that can be meant"
    assert all("Origin" in ", ".join(reply.values("Vary")) for reply in (listed, stranger, nobody))
    assert listed.body == nobody.body or status >= 400, "the content is the same, but for the number in a report"


async def test_with_a_star_even_a_request_that_cannot_be_read_is_answered_for_all(
    tmp_path: Path, archive: ScriptedUpstream
) -> None:
    """Always the same field, with Origin or without: a cache may give the answer to either."""
    async with running(tmp_path, archive.url, "cors: {origins: ['*']}", THREE_SERVICES) as gateway:
        unreadable = (b"GET / HTTP/1.1\r\nHost: gw\r\nBad Name: x\r\n\r\n", request("GET", "/", ("X", "x" * 40_000)))
        readable = (request("GET", "/rs/studies"), request("GET", "/rs/studies", ("Origin", "null")))
        replies = [await ask(gateway.port, asked) for asked in (*unreadable, *readable)]
    assert [reply.status for reply in replies] == [400, 400, 200, 200]
    assert [reply.values("Access-Control-Allow-Origin") for reply in replies] == [["*"]] * 4
    assert not any(reply.values("Vary") for reply in replies)


@pytest.mark.parametrize(
    ("unreadable", "status"),
    [(gets("/rs/studies?" + "x" * 9000), 414), (gets("/rs", ("Cookie", "x" * 40_000)), 400)],
    ids=["target", "fields"],
)
async def test_what_is_too_long_to_be_read_is_answered_for_the_only_origin(
    unreadable: Callable[..., bytes], status: int, gateway: GatewayProcess
) -> None:
    reply = await ask(gateway.port, unreadable(FROM_VIEWER))
    assert (reply.status, reply.values("Access-Control-Allow-Origin")) == (status, [VIEWER])


async def test_of_several_origins_none_is_guessed(tmp_path: Path, archive: ScriptedUpstream) -> None:
    more = f"cors: {{origins: ['{VIEWER}', 'https://other.example']}}"
    async with running(tmp_path, archive.url, more, THREE_SERVICES) as gateway:
        nobody = await ask(gateway.port, request("GET", "/rs/studies"))
        listed = await ask(gateway.port, request("GET", "/rs/studies", ("Origin", "https://other.example")))
    assert nobody.values("Access-Control-Allow-Origin") == []
    assert listed.values("Access-Control-Allow-Origin") == ["https://other.example"]


COUNTERS = ("pacs_gateway_responses_total{", "pacs_gateway_failures_total{", "pacs_gateway_held_back_total{")
PREFLIGHT = (
    FROM_VIEWER,
    ("Access-Control-Request-Method", "POST"),
    ("Access-Control-Request-Headers", "authorization,content-type"),
)


@pytest.mark.parametrize("target", ["/rs/studies", "/wado", "/raw/page", "/elsewhere", "/rs/studies/8"])
async def test_a_preflight_never_reaches_the_archive(
    target: str, gateway: GatewayProcess, archive: ScriptedUpstream
) -> None:
    reply = await ask(gateway.port, request("OPTIONS", target, *PREFLIGHT))
    stranger = await ask(gateway.port, request("OPTIONS", target, ("Origin", STRANGER), *PREFLIGHT[1:]))
    assert (reply.status, reply.body, archive.connections) == (204, b"", 0)
    assert reply.value("Access-Control-Allow-Origin") == VIEWER
    assert "POST" in reply.value("Access-Control-Allow-Methods").split(", ")
    assert reply.value("Access-Control-Allow-Headers") == "authorization,content-type"
    assert reply.value("Access-Control-Max-Age") == "600"
    assert (stranger.status, b"access-control" in stranger.head.lower()) == (204, False)


async def test_a_preflight_is_counted_as_an_answer_without_the_archive(gateway: GatewayProcess) -> None:
    await ask(gateway.port, request("OPTIONS", "/rs/studies", *PREFLIGHT))
    rendered = gateway.runtime.metrics.render().decode().splitlines()
    counted = [line for line in rendered if line.startswith(COUNTERS) and not line.endswith(" 0.0")]
    assert len(counted) == 1
    for label in ('code="204"', 'upstream_code="none"', 'rule="preflight"'):
        assert label in counted[0]


async def test_without_the_section_the_archive_is_asked(tmp_path: Path) -> None:
    theirs = (("Access-Control-Allow-Origin", "https://other.example"), ("Access-Control-Max-Age", "5"))
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(204, b"", *theirs), "keep")) as archive,
        running(tmp_path, archive.url) as gateway,
    ):
        reply = await ask(gateway.port, request("OPTIONS", "/studies", *PREFLIGHT))
    assert reply.value("Access-Control-Allow-Origin") == "https://other.example"
    assert len(archive.requests) == 1


async def test_what_the_archive_says_of_origins_is_replaced(tmp_path: Path) -> None:
    theirs = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "X-Theirs"), ("Vary", "Accept")]
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200, b"[]", JSON, *theirs), "keep")) as archive,
        running(tmp_path, archive.url, CORS) as gateway,
    ):
        listed = await ask(gateway.port, request("GET", "/studies/1/metadata", FROM_VIEWER))
        nobody = await ask(gateway.port, request("GET", "/studies/1/metadata"))
    assert listed.values("Access-Control-Allow-Origin") == [VIEWER]
    assert "X-Theirs" not in listed.value("Access-Control-Expose-Headers")
    assert listed.values("Vary") == nobody.values("Vary") == ["Accept", "Origin"]
    assert nobody.value("Access-Control-Expose-Headers") == listed.value("Access-Control-Expose-Headers")


HELD_BACK = {
    "rate of the client": ("rate: [{requests: 1, per: 1h}]", 429),
    "rate of all": ("rate: [{requests: 1, per: 1h, key: upstream}]", 503),
    "breaker": ("breaker: {failures: 1, open: 1h}", 503),
    "queue": ("limits: {in_flight: 1, queue: 0}", 503),
}


@pytest.mark.parametrize("by", HELD_BACK)
async def test_who_is_held_back_may_see_until_when(by: str, tmp_path: Path) -> None:
    protection, status = HELD_BACK[by]
    free = asyncio.Event()

    async def script(_received: ReceivedRequest, _number: int) -> Said:
        await free.wait()
        return Said(answer(500, b"down"), "keep")

    base = SHORT.replace("timeouts:", f"{protection}, timeouts:")
    async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url, CORS, base) as gateway:
        first = asyncio.ensure_future(ask(gateway.port, request("GET", "/studies/1", FROM_VIEWER)))
        await archive.has_heard(1)
        if by == "queue":
            reply = await ask(gateway.port, request("GET", "/studies/1", FROM_VIEWER))
        free.set()
        await first
        if by != "queue":
            reply = await ask(gateway.port, request("GET", "/studies/1", FROM_VIEWER))
    seen_by_the_script(reply, status)


async def test_who_asks_too_late_or_is_one_too_many_may_see_it(tmp_path: Path, archive: ScriptedUpstream) -> None:
    base = SHORT.replace("header_timeout", "connections: 1, header_timeout")
    async with running(tmp_path, archive.url, CORS, base) as gateway:
        first, second = await Connection.to(gateway.port), await Connection.to(gateway.port)
        await second.send(request("GET", "/rs/studies", FROM_VIEWER))
        seen_by_the_script(await second.reply(), 503)
        await first.close()
        await second.close()


async def test_of_a_gateway_that_leaves_the_last_answer_may_be_seen(gateway: GatewayProcess) -> None:
    line = await Connection.to(gateway.port)
    await line.send(request("GET", "/rs/studies", FROM_VIEWER))
    await line.reply()
    gateway.runtime.begin_to_leave()
    await line.send(request("GET", "/rs/studies", FROM_VIEWER))
    reply = await line.reply()
    await line.close()
    assert (reply.status, reply.value("Connection"), reply.value("Access-Control-Allow-Origin")) == (
        200,
        "close",
        VIEWER,
    )


def seen_by_the_script(reply: Reply, status: int) -> None:
    assert reply.status == status
    assert reply.value("Access-Control-Allow-Origin") == VIEWER
    assert "Retry-After" in reply.value("Access-Control-Expose-Headers").split(", ")
    assert reply.value("Retry-After").isdecimal()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://Viewer.Example.org", VIEWER),
        ("https://viewer.example.org:443", VIEWER),
        ("http://viewer:80", "http://viewer"),
        ("https://viewer:80", "https://viewer:80"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_origin_is_compared_as_browsers_write_it(written: str, meant: str) -> None:
    assert web_origin(written) == meant

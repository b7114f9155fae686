"""TLS towards the archive: whose certificate is good enough, what an end is, and what is still heard when it hangs up."""

import asyncio
import socket
import ssl
import threading
from contextlib import suppress
from html import escape
from pathlib import Path

import pytest

from gateway.proxy import tls_hints
from gateway.server import GatewayProcess
from tests.support.buffers import MORE_THAN_BUFFERED
from tests.support.certificates import Authority, signed_by_itself
from tests.support.client import Connection, Reply, ask, request
from tests.support.logs import captured_logs
from tests.support.running import BYTES, SHORT, rested, running
from tests.support.upstream import After, Said, ScriptedUpstream, answer

pytestmark = pytest.mark.tls

GET = request("GET", "/studies/1/metadata")
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\n\r\n"
COUNTED = answer(200, b"x" * 100_000)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
LARGE = b"x" * 1_000_000  # many TLS records, and more than the gateway holds to judge it


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def trusting(folder: Path, ca: Authority, url: str, more: str = "", base: str = BYTES) -> GatewayProcess:
    """A gateway that trusts this authority for its archive; `more` are further keys of the archive's tls."""
    tls = f"tls: {{ca_file: '{ca.file}'{more}}}, timeouts"
    return running(folder, url, base=base.replace("timeouts", tls, 1))


def saying(raw: bytes, after: After, ca: Authority) -> ScriptedUpstream:
    return ScriptedUpstream(lambda _request, _number: Said(raw, after), tls=ca.certificate().server())


def proxy_error(reply: Reply) -> str:
    return reply.value("Proxy-Status").partition("error=")[2].partition(";")[0]


async def test_an_archive_is_reached_over_tls(ca: Authority, tmp_path: Path) -> None:
    async with saying(answer(200, b"hello"), "keep", ca) as archive, trusting(tmp_path, ca, archive.url) as gateway:
        for _ in range(2):
            reply = await ask(gateway.port, GET)
            assert (reply.status, reply.body, reply.complete) == (200, b"hello", True)
            await rested(gateway)
        assert archive.connections == 1  # the session is used again with its connection
        assert archive.requests[0].values("X-Forwarded-Proto") == [b"http"]


async def test_an_end_that_was_said_is_an_end(ca: Authority, tmp_path: Path) -> None:
    async with (
        saying(UNTIL_CLOSE + LARGE, "close", ca) as archive,
        trusting(tmp_path, ca, archive.url) as gateway,
    ):
        reply = await ask(gateway.port, GET)
        assert (reply.status, reply.body == LARGE, reply.complete) == (200, True, True)


@pytest.mark.parametrize("after", ["fin", "rst"])
async def test_an_end_that_was_not_said_is_a_cut(after: After, ca: Authority, tmp_path: Path) -> None:
    """RFC 8446 6.1: without close_notify anybody on the way may have ended the connection."""
    async with (
        saying(UNTIL_CLOSE + LARGE, after, ca) as archive,
        trusting(tmp_path, ca, archive.url) as gateway,
    ):
        client = await Connection.to(gateway.port)
        await client.send(GET)
        reply = await client.reply()
        assert (reply.complete, client.reset) == (False, True)
        await client.close()
        (entry,) = gateway.runtime.journal.failures(1)
        assert (entry.ended, entry.failure) == ("truncated", "http_response_incomplete")


async def test_a_short_content_whose_end_was_not_said_is_answered_for(ca: Authority, tmp_path: Path) -> None:
    async with (
        saying(UNTIL_CLOSE + b"[]", "fin", ca) as archive,
        trusting(tmp_path, ca, archive.url, base=SHORT) as gateway,
    ):
        reply = await ask(gateway.port, GET)
        assert (reply.status, proxy_error(reply)) == (503, "http_response_incomplete")


@pytest.mark.parametrize("after", ["close", "fin"])
@pytest.mark.parametrize("raw", [COUNTED, CHUNKED], ids=["counted", "chunked"])
async def test_an_answer_with_an_end_of_its_own_needs_no_other(
    raw: bytes, after: After, ca: Authority, tmp_path: Path
) -> None:
    """Many servers never send close_notify; framing that says where the content ends is proof enough."""
    async with saying(raw, after, ca) as archive, trusting(tmp_path, ca, archive.url) as gateway:
        reply = await ask(gateway.port, GET)
        assert (reply.status, reply.complete) == (200, True)


async def test_a_slow_reader_gets_all_of_a_content_that_ended_long_ago(ca: Authority, tmp_path: Path) -> None:
    async with (
        saying(UNTIL_CLOSE + LARGE * 8, "close", ca) as archive,
        trusting(tmp_path, ca, archive.url) as gateway,
    ):
        client = await Connection.to(gateway.port)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(GET)
        await archive.has_ended(1)
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        reply = await client.reply()
        await client.close()
        assert (reply.complete, len(reply.body)) == (True, len(LARGE) * 8)


class Splicing:
    """A man in the middle who passes TLS on without understanding it, and ends it after so many bytes of the archive."""

    def __init__(self, port: int, budget: int) -> None:
        self._port, self._budget = port, budget

    async def __aenter__(self) -> "Splicing":
        self._server = await asyncio.start_server(self._passing, "127.0.0.1", 0)
        self.url = f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()

    async def _passing(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection("127.0.0.1", self._port)
        up = asyncio.ensure_future(_copy(reader, here))
        await _copy(there, writer, self._budget)
        writer.close()
        here.close()
        await asyncio.gather(up, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter, budget: int = 2**40) -> None:
    while budget and (piece := await source.read(min(65536, budget))):
        target.write(piece)
        await target.drain()
        budget -= len(piece)


async def test_a_cut_in_the_middle_of_a_record_is_a_cut(ca: Authority, tmp_path: Path) -> None:
    async with (
        saying(UNTIL_CLOSE + LARGE, "close", ca) as archive,
        Splicing(archive.port, 500_000) as middle,
        trusting(tmp_path, ca, middle.url) as gateway,
    ):
        reply = await ask(gateway.port, GET)
        assert not reply.complete
        assert 0 < len(reply.body) < 500_000
        assert gateway.runtime.journal.failures(1)[0].ended == "truncated"


async def upload(port: int) -> Reply:
    """Send much and listen meanwhile, as good clients do."""
    client = await Connection.to(port)
    await client.send(f"POST /studies HTTP/1.1\r\nHost: gw\r\nContent-Length: {MORE_THAN_BUFFERED}\r\n\r\n".encode())
    sending = asyncio.ensure_future(client.send(bytes(MORE_THAN_BUFFERED)))
    reply = await client.reply("POST")
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await client.close()
    return reply


@pytest.mark.parametrize("read_first", [1, 1_000_000])
async def test_the_refusal_of_an_upload_is_heard_behind_the_reset(
    read_first: int, ca: Authority, tmp_path: Path
) -> None:
    """An archive that answers early and closes without reading on resets the connection; its answer lies before that."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(0, read_first, 65536):
            await reader.read(65536)
        writer.write(answer(413, b"too large"))
        writer.transport.abort()

    tls = ca.certificate().server()
    async with (
        await asyncio.start_server(refuse, "127.0.0.1", 0, ssl=tls) as server,
        trusting(tmp_path, ca, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}") as gateway,
    ):
        heard = [(await upload(gateway.port)).status for _ in range(20)]
        assert heard == [413] * 20


def bad_server(kind: str, ca: Authority, folder: Path) -> ssl.SSLContext:
    """An archive whose TLS is not to be trusted, or not to be had."""
    certificate = {
        "expired": lambda: ca.certificate(expired=True),
        "wrong-name": lambda: ca.certificate("other.example"),
        "signed-by-itself": lambda: signed_by_itself(folder),
        "unknown-authority": lambda: Authority(folder, "unknown").certificate(),
    }.get(kind, ca.certificate)()
    context = certificate.server()
    if kind == "too-old":
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # or OpenSSL would not speak it
    if kind == "no-common-cipher":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("PSK")
    return context


class Outspoken:
    """An archive that says why it refuses a handshake: asyncio's servers leave without an alert, all others send one."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls, self.heard = tls, b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Outspoken":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):  # the listener has been shut down
            while True:
                raw = self._listener.accept()[0]
                with raw, suppress(ssl.SSLError, ConnectionError), self._tls.wrap_socket(raw, server_side=True) as peer:
                    self.heard += peer.recv(65536)


CERTIFICATE, PROTOCOL = "tls_certificate_error", "tls_protocol_error"


@pytest.mark.parametrize(
    ("kind", "failure", "hint"),
    [
        ("expired", CERTIFICATE, tls_hints.CERTIFICATE[10]),
        ("wrong-name", CERTIFICATE, tls_hints.CERTIFICATE[64]),
        ("unknown-authority", CERTIFICATE, tls_hints.CERTIFICATE[20]),
        ("signed-by-itself", CERTIFICATE, tls_hints.CERTIFICATE[18]),
        ("too-old", PROTOCOL, tls_hints.REASONS["TLSV1_ALERT_PROTOCOL_VERSION"]),
        ("no-common-cipher", PROTOCOL, tls_hints.REASONS["SSLV3_ALERT_HANDSHAKE_FAILURE"]),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
async def test_no_request_goes_to_an_archive_that_is_not_itself(
    kind: str, failure: str, hint: str, ca: Authority, tmp_path: Path
) -> None:
    """What to do about it is in the log, once, and with each failure on the status page."""
    with Outspoken(bad_server(kind, ca, tmp_path)) as archive, captured_logs() as logs:
        async with trusting(tmp_path, ca, archive.url) as gateway:
            for method in ("GET", "POST"):
                reply = await ask(gateway.port, request(method, "/studies"))
                assert (reply.status, proxy_error(reply)) == (503, failure)  # also a store: nothing was sent
            page = await ask(gateway.admin_port, request("GET", "/", ("Connection", "close")))
    assert archive.heard == b""
    assert [entry.hint for entry in gateway.runtime.journal.failures(9)] == [hint, hint]
    assert logs.getvalue().count(f"upstreams.pacs: {hint}") == 1
    assert page.body.decode().count(escape(hint)) == 2


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x28", bytes(99)])
async def test_what_does_not_speak_tls_is_no_archive(greeting: bytes, ca: Authority, tmp_path: Path) -> None:
    """Never asked again without TLS, whatever it says. The second greeting is the alert handshake_failure."""
    heard = b""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        writer.write(greeting)
        while piece := await reader.read(65536):
            heard += piece
        writer.close()

    async with (
        await asyncio.start_server(greet, "127.0.0.1", 0) as server,
        trusting(tmp_path, ca, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}") as gateway,
    ):
        reply = await ask(gateway.port, GET)
        assert (reply.status, proxy_error(reply)) == (503, "tls_protocol_error")
        assert b"HTTP" not in heard
        hint = gateway.runtime.journal.failures(1)[0].hint
        assert ("is the port one for plain HTTP" in hint) is (not greeting.startswith(b"\x15"))


async def test_a_handshake_that_stalls_ends_with_the_patience_for_connecting(ca: Authority, tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        ended.set()

    async with (
        await asyncio.start_server(stall, "127.0.0.1", 0) as server,
        trusting(tmp_path, ca, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}") as gateway,
    ):
        reply = await ask(gateway.port, GET, seconds=3)
        assert (reply.status, proxy_error(reply)) == (503, "connection_timeout")
        await asyncio.wait_for(ended.wait(), 2)


async def test_verify_false_believes_anybody_and_says_so_once(ca: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger").certificate("elsewhere.example", expired=True)
    with captured_logs() as logs:
        async with (
            ScriptedUpstream(lambda _request, _number: Said(answer(200), "keep"), tls=stranger.server()) as archive,
            trusting(tmp_path, ca, archive.url, ", verify: false") as gateway,
        ):
            assert [(await ask(gateway.port, GET)).status for _ in range(2)] == [200, 200]
    assert logs.getvalue().count("upstreams.pacs.tls.verify is false") == 1


@pytest.mark.parametrize(("host", "sent"), [("localhost", "localhost"), ("127.0.0.1", None)])
async def test_the_name_in_the_handshake_is_the_configured_one(
    host: str, sent: str | None, ca: Authority, tmp_path: Path
) -> None:
    """RFC 6066 3: a DNS name, and none for an address. The client's Host chooses nothing."""
    names: list[str | None] = []
    tls = ca.certificate().server()
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    async with ScriptedUpstream(lambda _request, _number: Said(answer(200)), tls=tls) as archive:
        base = BYTES.replace("timeouts", "host_header: client, timeouts", 1)
        async with trusting(tmp_path, ca, f"https://{host}:{archive.port}", base=base) as gateway:
            assert (await ask(gateway.port, request("GET", "/studies", host="viewer.example"))).status == 200
        assert archive.requests[0].values("Host") == [b"viewer.example"]
    assert names == [sent]


async def test_the_gateway_shows_its_certificate_to_an_archive_that_asks(ca: Authority, tmp_path: Path) -> None:
    tls, own = ca.certificate().server(clients=ca), ca.certificate("gateway.example")
    async with ScriptedUpstream(lambda _request, _number: Said(answer(200), "keep"), tls=tls) as archive:
        more = f", cert_file: '{own.cert}', key_file: '{own.key}'"
        async with trusting(tmp_path, ca, archive.url, more) as gateway:
            assert (await ask(gateway.port, GET)).status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
async def test_an_archive_that_asks_in_vain_is_a_tls_failure(
    version: ssl.TLSVersion, ca: Authority, tmp_path: Path
) -> None:
    """With TLS 1.3 the archive refuses us after the handshake. Where a store was under way then, nobody can say what of it
    was read."""
    tls = ca.certificate().server(clients=ca)
    tls.maximum_version = version
    store = {500, 503} if version == ssl.TLSVersion.TLSv1_3 else {503}
    with Outspoken(tls) as archive:
        async with trusting(tmp_path, ca, archive.url) as gateway:
            for _ in range(10):
                reply = await ask(gateway.port, GET)
                assert (reply.status, proxy_error(reply)) == (503, "tls_protocol_error")
                for reply in (await ask(gateway.port, request("POST", "/studies")), await upload(gateway.port)):
                    assert reply.status in store
                    assert proxy_error(reply) == "tls_protocol_error"
            hints = {entry.hint for entry in gateway.runtime.journal.failures(30)}
    told = {
        ssl.TLSVersion.TLSv1_2: "SSLV3_ALERT_HANDSHAKE_FAILURE",
        ssl.TLSVersion.TLSv1_3: "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    }
    assert hints == {tls_hints.REASONS[told[version]]}
    assert archive.heard == b""

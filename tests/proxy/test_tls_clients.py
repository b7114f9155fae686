"""TLS towards clients: who is let in, what is written about those who are not, and how an answer ends."""

import asyncio
import json
import socket
import ssl
from asyncio.subprocess import PIPE
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.proxy.aiohttp_seam.site import FAREWELL
from gateway.runtime import LAST_CALL
from gateway.server import GatewayProcess, reminding
from tests.support.certificates import Authority, Certificate
from tests.support.client import Connection, request
from tests.support.logs import captured_logs
from tests.support.running import BYTES, running
from tests.support.upstream import After, Said, ScriptedUpstream, answer

pytestmark = pytest.mark.tls

GET = request("GET", "/studies/1/metadata")
HTTP10 = b"GET /studies/1/metadata HTTP/1.0\r\n\r\n"
LARGE = b"x" * 3_000_000
MUCH = b"x" * 600_000  # of which asyncio's TLS layer holds much, and calls it written
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n"
PATIENCE = 1.0  # header_timeout of the gateway


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def guarded(
    folder: Path, ca: Authority, url: str, client_ca: Authority | None = None, drain: str = "2s"
) -> GatewayProcess:
    """A gateway with TLS on its port for clients; with `client_ca` it demands a certificate."""
    shown = ca.certificate()
    demands = f", client_ca_file: '{client_ca.file}'" if client_ca else ""
    tls = f"server: {{tls: {{cert_file: '{shown.cert}', key_file: '{shown.key}'{demands}}}, "
    return running(folder, url, base=BYTES.replace("server: {", tls, 1).replace("drain: 2s", f"drain: {drain}"))


def saying(raw: bytes, after: After = "close") -> ScriptedUpstream:
    return ScriptedUpstream(lambda _request, _number: Said(raw, after))


async def test_a_client_is_served_over_tls(ca: Authority, tmp_path: Path) -> None:
    async with saying(answer(200, b"hello"), "keep") as archive, guarded(tmp_path, ca, archive.url) as gateway:
        client = await Connection.to(gateway.port, ca.client())
        for _ in range(2):
            await client.send(GET)
            reply = await client.reply()
            assert (reply.status, reply.body, reply.complete) == (200, b"hello", True)
        await client.close()
        assert archive.requests[0].values("X-Forwarded-Proto") == [b"https"]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
async def test_old_versions_are_not_spoken(ca: Authority, tmp_path: Path) -> None:
    old = ca.client()
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    async with saying(answer(200)) as archive, guarded(tmp_path, ca, archive.url) as gateway:
        with pytest.raises(ConnectionError):
            await Connection.to(gateway.port, old)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
async def test_only_a_client_with_the_right_certificate_is_let_in(
    version: ssl.TLSVersion, ca: Authority, tmp_path: Path
) -> None:
    staff, foreign = Authority(tmp_path, "staff"), Authority(tmp_path, "foreign")
    shown: list[Certificate | None] = [None, foreign.certificate("viewer"), staff.certificate("viewer", expired=True)]
    async with saying(answer(200, b"hello")) as archive, guarded(tmp_path, ca, archive.url, staff) as gateway:
        for certificate in [*shown, staff.certificate("viewer")]:
            tls = ca.client(certificate)
            tls.maximum_version = version
            heard = b""
            with suppress(OSError):  # of TLS 1.3 the client learns its refusal later
                client = await Connection.to(gateway.port, tls)
                await client.send(GET)
                heard = (await client.reply()).body
                await client.close()
            let_in = certificate is not None and certificate not in shown
            assert (heard, len(archive.requests)) == ((b"hello", 1) if let_in else (b"", 0))


async def test_only_ciphers_of_today_are_spoken(ca: Authority, tmp_path: Path) -> None:
    """Of TLS 1.2 those with keys of the moment that authenticate; of protocols HTTP/1.1, also with who prefers another."""
    async with saying(answer(200), "keep") as archive, guarded(tmp_path, ca, archive.url) as gateway:
        for cipher, is_spoken in {
            "ECDHE+AESGCM": True,
            "ECDHE+CHACHA20": True,
            "ECDHE+AES256+SHA384:!AESGCM": False,  # CBC
            "DHE+AESGCM": False,
            "kRSA+AESGCM": False,
        }.items():
            tls = ca.client()
            tls.maximum_version = ssl.TLSVersion.TLSv1_2
            tls.set_ciphers(cipher)
            tls.set_alpn_protocols(["h2", "http/1.1"])
            if not is_spoken:
                with pytest.raises(ConnectionError):
                    await Connection.to(gateway.port, tls)
                continue
            client = await Connection.to(gateway.port, tls)
            spoken = client.writer.get_extra_info("ssl_object")
            assert (spoken.selected_alpn_protocol(), spoken.compression()) == ("http/1.1", None)
            await client.close()


async def test_nobody_renegotiates(ca: Authority, tmp_path: Path) -> None:
    """Asked for with OpenSSL's own client, since Python's cannot."""
    async with saying(answer(200), "keep") as archive, guarded(tmp_path, ca, archive.url) as gateway:
        command = ("openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-tls1_2", "-CAfile", str(ca.file))
        client = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        assert client.stdin is not None
        out, err = await asyncio.wait_for(client.communicate(b"R\n"), 10)
        assert b"Verify return code: 0 (ok)" in out
        assert b"RENEGOTIATING" in out + err
        assert b"no renegotiation" in err


async def test_an_end_that_is_near_is_said_at_the_start(ca: Authority, tmp_path: Path) -> None:
    shown = ca.certificate(expired=True)
    tls = f"server: {{tls: {{cert_file: '{shown.cert}', key_file: '{shown.key}'}}, "
    gateway = running(tmp_path, "http://127.0.0.1:1", base=BYTES.replace("server: {", tls, 1))
    with captured_logs() as logs, reminding(lambda: gateway.settings):
        await asyncio.sleep(0)
    told = [json.loads(line) for line in logs.getvalue().splitlines()]
    said = f"server.tls.cert_file: the certificate in {shown.cert} has expired on 2001-01-01"
    assert [(line["level"], line["message"]) for line in told] == [("warning", said)]


async def scan(port: int, data: bytes) -> bytes:
    """What somebody who does not speak TLS gets to hear."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    with suppress(ConnectionError):
        writer.write(data)
        writer.write_eof()
        heard = await reader.read()
    writer.close()
    return heard


STRANGERS = {"plain-http": GET, "nothing": b"", "noise": bytes(range(256)), "half-a-hello": b"\x16\x03\x01\x02\x00\x01"}


@pytest.mark.parametrize("data", STRANGERS.values(), ids=STRANGERS)
async def test_strangers_are_sent_away_quietly(data: bytes, ca: Authority, tmp_path: Path) -> None:
    """Port scanners and probes come all day: none of them is worth a line, and their words are not to be repeated."""
    with captured_logs() as logs:
        async with saying(answer(200)) as archive, guarded(tmp_path, ca, archive.url, ca) as gateway:
            heard = await scan(gateway.port, data)
            assert b"HTTP" not in heard
            with suppress(OSError):
                client = await Connection.to(gateway.port, ca.client())  # without a certificate
                await client.more()
            assert archive.requests == []
    lines = [json.loads(line)["message"] for line in logs.getvalue().splitlines()]
    assert lines == []


async def test_a_handshake_that_stalls_is_ended(ca: Authority, tmp_path: Path) -> None:
    async with saying(answer(200)) as archive, guarded(tmp_path, ca, archive.url) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(b"\x16\x03\x01\x02\x00")
        async with asyncio.timeout(3 * PATIENCE):
            assert await reader.read() == b""
        writer.close()


async def test_an_answer_without_a_length_ends_with_close_notify(ca: Authority, tmp_path: Path) -> None:
    """HTTP/1.0 has no other end. Python's own `ssl` would hide a missing one, so it is told not to."""
    async with saying(UNTIL_CLOSE + LARGE) as archive, guarded(tmp_path, ca, archive.url) as gateway:
        body, ended_well = await asyncio.to_thread(read_strictly, gateway.port, ca.client(), HTTP10)
        assert (len(body), ended_well) == (len(LARGE), True)


@pytest.mark.parametrize("ask", [GET, HTTP10], ids=["1.1", "1.0"])
async def test_a_cut_answer_ends_without_close_notify(ask: bytes, ca: Authority, tmp_path: Path) -> None:
    async with saying(UNTIL_CLOSE + LARGE, "rst") as archive, guarded(tmp_path, ca, archive.url) as gateway:
        body, ended_well = await asyncio.to_thread(read_strictly, gateway.port, ca.client(), ask)
        assert not ended_well
        assert not body.endswith(b"0\r\n\r\n")
        assert gateway.runtime.journal.failures(1)[0].ended == "truncated"


def read_strictly(port: int, tls: ssl.SSLContext, data: bytes) -> tuple[bytes, bool]:
    """The content of an answer, and whether its sender said that nothing follows."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=10)
    with tls.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False) as peer:
        peer.sendall(data)
        heard = b""
        try:
            while piece := peer.recv(65536):
                heard += piece
        except OSError:
            return heard.partition(b"\r\n\r\n")[2], False
        return heard.partition(b"\r\n\r\n")[2], True


async def test_a_slow_client_gets_the_end_of_an_answer_that_closes(ca: Authority, tmp_path: Path) -> None:
    """What asyncio's TLS layer calls written may still lie in this process: a farewell must not overtake it."""
    ask = request("GET", "/studies/1/metadata", ("Connection", "close"))
    async with saying(answer(200, MUCH)) as archive, guarded(tmp_path, ca, archive.url) as gateway:
        (listening,) = gateway._traffic.doors
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # so that the rest waits in the process
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", gateway.port))
        reader, writer = await asyncio.open_connection(sock=raw, ssl=ca.client(), server_hostname="localhost")
        client = Connection(reader, writer)
        await client.send(ask)
        await client.more()
        await asyncio.sleep(FAREWELL + 0.5)  # what the gateway would wait for a close_notify
        reply = await client.reply()
        await client.close()
        assert (reply.complete, len(reply.body)) == (True, len(MUCH))


async def test_a_drain_does_not_wait_for_idle_clients_that_are_silent(ca: Authority, tmp_path: Path) -> None:
    """Pooled clients do not read while they idle, so they never answer our close_notify."""
    async with saying(answer(200), "keep") as archive, guarded(tmp_path, ca, archive.url, drain="1h") as gateway:
        peer = await asyncio.to_thread(idle_client, gateway.port, ca.client())
        async with asyncio.timeout(LAST_CALL + FAREWELL + 2):
            assert await gateway.drain() == 0
        assert await asyncio.to_thread(peer.recv, 1000) == b""  # an end in good order
        peer.close()


def idle_client(port: int, tls: ssl.SSLContext) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", port), timeout=5)
    peer = tls.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False)
    peer.sendall(GET)
    assert peer.recv(1000).startswith(b"HTTP/1.1 200")
    return peer

"""Certificates that are renewed while clients are served: the new ones are for who comes, the old ones for who is there."""

import asyncio
import os
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.server import GatewayProcess
from tests.support.certificates import Authority, Certificate
from tests.support.client import Connection, Reply, request
from tests.support.logs import captured_logs
from tests.support.running import BYTES, running
from tests.support.upstream import Said, ScriptedUpstream, answer

pytestmark = pytest.mark.tls

GET = request("GET", "/studies/1/metadata")


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@dataclass(frozen=True)
class Files:
    """What the configuration names, in its folder."""

    folder: Path

    def put(self, shown: Certificate) -> None:
        """The certificate first, as certbot does; the key a moment later."""
        (self.folder / "tls.crt").write_bytes(shown.cert.read_bytes())
        (self.folder / "tls.key").write_bytes(shown.key.read_bytes())

    def trust(self, clients: Authority) -> None:
        (self.folder / "clients.pem").write_bytes(clients.file.read_bytes())


def archive() -> ScriptedUpstream:
    return ScriptedUpstream(lambda _request, _number: Said(answer(200, b"hello"), "keep"))


def serving(folder: Path, url: str, shown: Certificate, clients: Authority | None = None) -> GatewayProcess:
    files = Files(folder)
    files.put(shown)
    demands = ""
    if clients is not None:
        files.trust(clients)
        demands = ", client_ca_file: clients.pem"
    tls = f"server: {{tls: {{cert_file: tls.crt, key_file: tls.key{demands}}}, "
    return running(folder, url, base=BYTES.replace("server: {", tls, 1))


async def reload(gateway: GatewayProcess, url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, tuple[str, ...]]:
    monkeypatch.setenv("UPSTREAM", url)
    result = await gateway.reloader.reload()
    return result.ok, result.notes if result.ok else result.findings


async def on(client: Connection) -> Reply:
    await client.send(GET)
    return await client.reply()


async def test_who_comes_meets_the_new_certificate_and_who_is_there_stays(
    ca: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = ca.certificate(), ca.certificate()
    async with archive() as pacs, serving(tmp_path, pacs.url, old) as gateway:
        here = await Connection.to(gateway.port, ca.client())
        assert (await on(here)).status == 200
        Files(tmp_path).put(new)
        assert await reload(gateway, pacs.url, monkeypatch) == (True, ())
        there = await Connection.to(gateway.port, ca.client())
        assert [(await on(client)).body for client in (here, there)] == [b"hello", b"hello"]
        assert [client.shown for client in (here, there)] == [old.der, new.der]
        for client in (here, there):
            await client.close()


async def test_a_reload_that_brings_nothing_new_leaves_the_port_alone(
    ca: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client may take up the session that it has: its tickets are opened with a key of the context."""
    async with archive() as pacs, serving(tmp_path, pacs.url, ca.certificate()) as gateway:
        tls = ca.client()
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
        first = await asyncio.to_thread(session, gateway.port, tls, None)
        await reload(gateway, pacs.url, monkeypatch)
        assert (await asyncio.to_thread(session, gateway.port, tls, first[0]))[1] is True
        Files(tmp_path).put(ca.certificate())
        await reload(gateway, pacs.url, monkeypatch)
        assert (await asyncio.to_thread(session, gateway.port, tls, first[0]))[1] is False


def session(port: int, tls: ssl.SSLContext, known: ssl.SSLSession | None) -> tuple[ssl.SSLSession, bool]:
    raw = socket.create_connection(("127.0.0.1", port), timeout=10)
    with tls.wrap_socket(raw, server_hostname="localhost", session=known) as peer:
        assert peer.session is not None
        return peer.session, bool(peer.session_reused)


async def test_half_a_renewal_changes_nothing_and_says_why(
    ca: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the new certificate and its key, the old pair is shown; the reload that sees both puts both in force."""
    old, new = ca.certificate(), ca.certificate()
    async with archive() as pacs, serving(tmp_path, pacs.url, old) as gateway:
        monkeypatch.setenv("UPSTREAM", pacs.url)
        (tmp_path / "tls.crt").write_bytes(new.cert.read_bytes())
        with captured_logs() as logs:
            await gateway.reloader.reload_if_changed()
        assert "reload refused" in logs.getvalue()
        assert f"the key in {tmp_path}/tls.key does not belong to the certificate in" in logs.getvalue()
        assert b"\npacs_gateway_config_last_reload_successful 0.0\n" in gateway.runtime.metrics.render()
        assert await newcomer_sees(gateway, ca) == old.der
        Files(tmp_path).put(new)
        await gateway.reloader.reload_if_changed()
        assert b"\npacs_gateway_config_last_reload_successful 1.0\n" in gateway.runtime.metrics.render()
        assert await newcomer_sees(gateway, ca) == new.der


async def newcomer_sees(gateway: GatewayProcess, ca: Authority) -> bytes:
    client = await Connection.to(gateway.port, ca.client())
    found = client.shown
    await client.close()
    return found


async def is_let_in(gateway: GatewayProcess, tls: ssl.SSLContext) -> bool:
    with suppress(OSError):  # of TLS 1.3 the client learns its refusal later
        client = await Connection.to(gateway.port, tls)
        reply = await on(client)
        await client.close()
        return reply.status == 200
    return False


async def test_another_authority_of_clients_is_the_one_from_now_on(
    ca: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for a client that would take up the session it had under the other."""
    before, after = Authority(tmp_path, "before"), Authority(tmp_path, "after")
    old, new = ca.client(before.certificate("viewer")), ca.client(after.certificate("viewer"))
    async with archive() as pacs, serving(tmp_path, pacs.url, ca.certificate(), before) as gateway:
        here = await Connection.to(gateway.port, old)
        assert (await on(here)).status == 200
        assert [await is_let_in(gateway, tls) for tls in (old, new, ca.client())] == [True, False, False]
        Files(tmp_path).trust(after)
        assert await reload(gateway, pacs.url, monkeypatch) == (True, ())
        assert [await is_let_in(gateway, tls) for tls in (old, new, ca.client())] == [False, True, False]
        assert (await on(here)).status == 200
        await here.close()


async def test_certificates_of_clients_are_asked_for_or_not_as_the_file_says(
    ca: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with archive() as pacs, serving(tmp_path, pacs.url, ca.certificate()) as gateway:
        file = tmp_path / "gateway.yaml"
        without = file.read_text()
        for text, expected in ((without.replace("tls.key", "tls.key, client_ca_file: ca.pem"), False), (without, True)):
            file.write_text(text)
            assert await reload(gateway, pacs.url, monkeypatch) == (True, ())
            assert await is_let_in(gateway, ca.client()) is expected


async def test_tls_that_is_taken_out_of_the_file_is_spoken_until_the_next_start(
    ca: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with archive() as pacs, serving(tmp_path, pacs.url, ca.certificate()) as gateway:
        file = tmp_path / "gateway.yaml"
        file.write_text(file.read_text().replace("tls: {cert_file: tls.crt, key_file: tls.key}, ", ""))
        waits = ("server.tls changed and takes effect at the next start",)
        assert await reload(gateway, pacs.url, monkeypatch) == (True, waits)
        assert await is_let_in(gateway, ca.client()) is True


async def test_the_patience_with_a_handshake_follows_a_reload(
    ca: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with archive() as pacs, serving(tmp_path, pacs.url, ca.certificate()) as gateway:
        file = tmp_path / "gateway.yaml"
        file.write_text(file.read_text().replace("header_timeout: 1s", "header_timeout: 100ms"))
        assert await reload(gateway, pacs.url, monkeypatch) == (True, ())
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(b"\x16\x03\x01\x02\x00")
        async with asyncio.timeout(0.9):  # of a second, which it was before
            assert await reader.read() == b""
        writer.close()


async def test_nobody_is_lost_while_certificates_change(
    ca: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handshakes at every moment, and a port that begins to serve anew again and again."""
    pair = [ca.certificate(), ca.certificate()]
    tls, over = ca.client(), asyncio.Event()
    statuses: set[int | None] = set()
    met: set[bytes] = set()

    async def coming(port: int) -> None:
        while not over.is_set():
            client = await Connection.to(port, tls)
            met.add(client.shown)
            statuses.add((await on(client)).status)
            await client.close()

    async with (
        archive() as pacs,
        serving(tmp_path, pacs.url, pair[0]) as gateway,
        asyncio.timeout(30),
        asyncio.TaskGroup() as group,
    ):
        for _ in range(8):
            group.create_task(coming(gateway.port))
        for turn in range(1, 41):
            Files(tmp_path).put(pair[turn % 2])
            assert await reload(gateway, pacs.url, monkeypatch) == (True, ())
        over.set()
    assert statuses == {200}
    assert met == {each.der for each in pair}


async def test_a_port_that_was_renewed_closes(ca: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with archive() as pacs, serving(tmp_path, pacs.url, ca.certificate()) as gateway:
        for _ in range(3):
            Files(tmp_path).put(ca.certificate())
            assert await reload(gateway, pacs.url, monkeypatch) == (True, ())
        port = gateway.port
        assert await gateway.drain() == 0
        with pytest.raises(ConnectionRefusedError):
            await Connection.to(port)


async def test_descriptors_do_not_add_up(ca: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with archive() as pacs, serving(tmp_path, pacs.url, ca.certificate()) as gateway:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            Files(tmp_path).put(ca.certificate())
            assert await reload(gateway, pacs.url, monkeypatch) == (True, ())
        assert len(os.listdir("/proc/self/fd")) == before
